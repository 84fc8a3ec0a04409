//! Pages of lists, numbered from one, as the platform's own APIs have them.
//!
//! The address of the next page repeats every filter: clients follow it as it is and add nothing.

use playground_types::wire::Page;
use serde::Deserialize;

use super::error::ApiError;
use super::extract::Caller;

/// Items on a page when the caller names no number.
const DEFAULT_SIZE: u64 = 20;
/// Most items on a page.
const MAX_SIZE: u64 = 500;

/// Which page.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) struct PageQuery {
    page: Option<u64>,
    page_size: Option<u64>,
}

impl PageQuery {
    /// Reads the page out of a query's pairs.
    pub(crate) fn of(pairs: &[(String, String)]) -> Result<Self, ApiError> {
        let number = |name: &str| match pairs.iter().rev().find(|(key, _)| key == name) {
            None => Ok(None),
            Some((_, text)) => match text.parse::<u64>() {
                Ok(number) if number > 0 => Ok(Some(number)),
                _ => Err(ApiError::bad_request(
                    "page_invalid",
                    format!("{name} is {text:?}: give a number from 1 on"),
                )),
            },
        };
        Ok(Self {
            page: number("page")?,
            page_size: number("page_size")?,
        })
    }

    fn number(self) -> u64 {
        self.page.unwrap_or(1)
    }

    /// Items on the page.
    pub(crate) fn limit(self) -> u64 {
        self.page_size.unwrap_or(DEFAULT_SIZE).min(MAX_SIZE)
    }

    /// Items before the page.
    pub(crate) fn offset(self) -> u64 {
        (self.number() - 1).saturating_mul(self.limit())
    }

    /// Wraps a page's items.
    pub(crate) fn page<T>(
        self,
        results: Vec<T>,
        count: u64,
        caller: &Caller,
        path: &str,
        pairs: &[(String, String)],
    ) -> Result<Page<T>, ApiError> {
        let pages = count.div_ceil(self.limit()).max(1);
        if self.number() > pages {
            return Err(ApiError::not_found(
                "page_unknown",
                format!("there are {pages} page(s)"),
            ));
        }
        let link = |number: u64| {
            let mut query: Vec<_> = pairs
                .iter()
                .filter(|(key, _)| key != "page")
                .cloned()
                .collect();
            // Literally `page=N`: the newest client looks for it.
            query.push(("page".to_owned(), number.to_string()));
            caller.url(&format!(
                "{path}?{}",
                serde_urlencoded::to_string(query).unwrap_or_default()
            ))
        };
        Ok(Page {
            count,
            next: (self.number() < pages).then(|| link(self.number() + 1)),
            previous: (self.number() > 1).then(|| link(self.number() - 1)),
            results,
        })
    }
}
