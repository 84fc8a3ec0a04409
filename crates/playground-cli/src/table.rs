//! Tables without lines, aligned also where letters are two columns wide.

use comfy_table::{Cell, Color, Table, presets};
use playground_types::{ContainerStatus, LaunchStatus};

use crate::human::plain;
use crate::language::title;
use crate::output::has_colour;

/// A table with these columns.
pub(crate) fn table(headers: &[&'static str], rows: impl IntoIterator<Item = Vec<Cell>>) -> String {
    let mut table = empty();
    table.set_header(headers.iter().copied().map(title));
    table.add_rows(rows);
    finished(table)
}

/// Names and values, one pair a line.
pub(crate) fn pairs(rows: impl IntoIterator<Item = (&'static str, Cell)>) -> String {
    let mut table = empty();
    table.add_rows(
        rows.into_iter()
            .map(|(name, value)| [Cell::new(title(name)), value]),
    );
    finished(table)
}

/// A cell with a text.
pub(crate) fn text(value: impl AsRef<str>) -> Cell {
    Cell::new(plain(value.as_ref()))
}

/// A cell with a container's status.
pub(crate) fn status(status: ContainerStatus) -> Cell {
    let colour = match status {
        ContainerStatus::Running => Color::Green,
        ContainerStatus::Failed | ContainerStatus::Unhealthy => Color::Red,
        ContainerStatus::Stopped
        | ContainerStatus::Paused
        | ContainerStatus::Deleting
        | ContainerStatus::Deleted => Color::DarkGrey,
        ContainerStatus::Requested | ContainerStatus::Building | ContainerStatus::Starting => {
            Color::Yellow
        }
    };
    Cell::new(status).fg(colour)
}

/// A cell with a launch's status.
pub(crate) fn launch_status(status: LaunchStatus) -> Cell {
    let colour = match status {
        LaunchStatus::Completed => Color::Green,
        LaunchStatus::Failed => Color::Red,
        LaunchStatus::Cancelled => Color::DarkGrey,
        LaunchStatus::Queued | LaunchStatus::Building | LaunchStatus::Starting => Color::Yellow,
    };
    Cell::new(status).fg(colour)
}

fn empty() -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    if has_colour() {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    table
}

fn finished(mut table: Table) -> String {
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table.trim_fmt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_letters_take_two_columns() {
        let shown = table(
            &["NAME", "SIZE"],
            [
                vec![text("이미지 실험실"), text("1 MiB")],
                vec![text("seed"), text("2 MiB")],
            ],
        );
        assert_eq!(
            shown,
            "NAME           SIZE\n이미지 실험실  1 MiB\nseed           2 MiB"
        );
    }
}
