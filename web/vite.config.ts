import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

import { packed } from "./packed";

// The Agent to develop against: `PLAYGROUND_URL=http://localhost:8000 npm run dev`.
const agent = process.env.PLAYGROUND_URL ?? "http://localhost:8000";
const routes = [
  "builds", "cleanup", "containers", "events", "examples", "health", "openapi.json",
  "orphans", "play", "plugin_releases", "session", "tokens",
];

export default defineConfig({
  // The page may be below a prefix that a server in front gives it.
  base: "./",
  plugins: [svelte(), packed()],
  build: {
    target: "es2022",
    // The policy of the page allows styles and scripts of its own files only.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  server: {
    proxy: Object.fromEntries(routes.map((route) => [`/${route}`, { target: agent }])),
  },
  test: {
    environment: "happy-dom",
    include: ["tests/**/*.test.ts"],
  },
  // Unit tests run the code that browsers get.
  ...(process.env.VITEST ? { resolve: { conditions: ["browser"] } } : {}),
});
