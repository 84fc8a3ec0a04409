-- Who may use the app through the gateway. Direct host ports know no such thing.
ALTER TABLE containers ADD COLUMN visibility TEXT NOT NULL DEFAULT 'private' CHECK (visibility IN ('private', 'public'));
