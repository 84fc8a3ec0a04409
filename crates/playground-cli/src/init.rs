//! `playground init`: a plugin that runs as it is, in the form of the specification.

mod template;

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use playground_types::PluginCode;
use serde::Serialize;

use crate::exit::{Exit, Problem};
use crate::language::{Language, say};
use crate::output::{Output, below, note, print, print_json};
use template::Template;

/// The code where the directory's name gives none.
const CODE: &str = "my-plugin";
/// The file that a developer opens first.
const APP: &str = "plugin/gradio_interface.py";
/// Longest code made of a directory's name; codes may be longer.
const LONGEST: usize = 60;

#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// The directory, which is made where it is not there
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// The plugin's code [default: made of the directory's name]
    #[arg(long)]
    code: Option<PluginCode>,
    /// The plugin's name for people [default: the directory's name]
    #[arg(long)]
    name: Option<String>,
    /// The language of the page, the comments and the README [default: the user's]
    #[arg(long, value_enum)]
    lang: Option<Lang>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Lang {
    En,
    Ko,
}

#[derive(Serialize)]
struct Report {
    folder: PathBuf,
    code: String,
    name: String,
    files: Vec<&'static str>,
}

pub(crate) fn run(args: InitArgs, output: Output) -> anyhow::Result<()> {
    let folder_name = folder_name(&args.folder)?;
    let code = match args.code {
        Some(code) => code.to_string(),
        None => code_of(&folder_name),
    };
    let name = args.name.unwrap_or_else(|| name_of(&folder_name));
    let language = match args.lang {
        Some(Lang::En) => Language::English,
        Some(Lang::Ko) => Language::Korean,
        None => Language::of_user(),
    };
    let files = Template::of(language).filled(&code, &name);
    refuse_to_overwrite(&args.folder, &files)?;
    for (path, text) in &files {
        let file = args.folder.join(path);
        write(&file, text).with_context(|| {
            let shown = file.display();
            say(
                format!("{shown} cannot be written"),
                format!("파일을 쓸 수 없습니다: {shown}"),
            )
        })?;
    }
    let report = Report {
        files: files.iter().map(|(path, _)| *path).collect(),
        folder: args.folder,
        code,
        name,
    };
    if output == Output::Json {
        return print_json(&report);
    }
    let folder = report.folder.display();
    let (code, app) = (&report.code, below(&report.folder, APP));
    note(&say(
        format!(
            "{code} is ready: its app is in {app}; `playground dev {folder}` runs it while you write it"
        ),
        format!(
            "{code} 준비됨: 앱은 {app} 파일에 있습니다. 작성하면서 실행하려면 `playground dev {folder}`"
        ),
    ));
    for file in &report.files {
        print(&below(&report.folder, file))?;
    }
    Ok(())
}

fn folder_name(folder: &Path) -> anyhow::Result<String> {
    let whole = std::path::absolute(folder)?;
    // `.` and `..` have no name of their own.
    let whole = whole.canonicalize().unwrap_or(whole);
    let name = whole.file_name().map(|name| name.to_string_lossy());
    Ok(name.map_or_else(|| CODE.to_owned(), |name| name.into_owned()))
}

/// Letters and digits of the name, in lower case, with hyphens between.
fn code_of(name: &str) -> String {
    let lower = name.to_lowercase();
    let parts: Vec<_> = lower
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|part| !part.is_empty())
        .collect();
    let code: String = parts.join("-").chars().take(LONGEST).collect();
    match code.trim_end_matches('-') {
        "" => CODE.to_owned(),
        code => code.to_owned(),
    }
}

/// `image-lab` is `Image Lab`.
fn name_of(folder: &str) -> String {
    let words = folder
        .split(['-', '_', ' '])
        .filter(|word| !word.is_empty());
    let words: Vec<_> = words
        .map(|word| {
            let mut letters = word.chars();
            let first = letters.next().into_iter().flat_map(char::to_uppercase);
            first.chain(letters).collect::<String>()
        })
        .collect();
    words.join(" ")
}

fn refuse_to_overwrite(folder: &Path, files: &[(&str, String)]) -> Result<(), Problem> {
    let there = files.iter().map(|(path, _)| folder.join(path));
    // Also a link that leads nowhere is somebody's.
    let there = there
        .into_iter()
        .find(|file| file.symlink_metadata().is_ok());
    match there {
        Some(file) => {
            let file = file.display();
            let message = say(
                format!("{file} is there already; nothing was written"),
                format!("이미 있는 파일이라 아무것도 쓰지 않았습니다: {file}"),
            );
            let hint = say(
                "name a directory of its own",
                "비어 있는 디렉터리를 지정하세요",
            );
            Err(Problem::new(Exit::Failed, message).hint(hint))
        }
        None => Ok(()),
    }
}

fn write(file: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    File::create_new(file)?.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directorys_name_gives_code_and_name() {
        for (folder, code, name) in [
            ("image-lab", "image-lab", "Image Lab"),
            ("My Plugin (2)", "my-plugin-2", "My Plugin (2)"),
            ("text_tools", "text-tools", "Text Tools"),
            ("감정 분석", "my-plugin", "감정 분석"),
            ("ocr 실험", "ocr", "Ocr 실험"),
        ] {
            assert_eq!(
                (code_of(folder), name_of(folder)),
                (code.into(), name.into())
            );
            assert!(code_of(folder).parse::<PluginCode>().is_ok());
        }
        assert!(code_of(&"a-".repeat(200)).parse::<PluginCode>().is_ok());
    }
}
