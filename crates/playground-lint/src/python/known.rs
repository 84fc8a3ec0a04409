//! Names that can be imported, and who brings them.

/// Modules of Python itself, of any version that plugins run with; those with an underscore before them are left out.
const STANDARD: &str = "\
    abc aifc annotationlib antigravity argparse array ast asynchat asyncio asyncore atexit audioop \
    base64 bdb binascii binhex bisect builtins bz2 calendar cgi cgitb chunk cmath cmd code codecs codeop \
    collections colorsys compileall compression concurrent configparser contextlib contextvars copy \
    copyreg cProfile crypt csv ctypes curses dataclasses datetime dbm decimal difflib dis distutils \
    doctest dummy_threading email encodings ensurepip enum errno faulthandler fcntl filecmp fileinput \
    fnmatch formatter fractions ftplib functools gc genericpath getopt getpass gettext glob graphlib grp \
    gzip hashlib heapq hmac html http idlelib imaplib imghdr imp importlib inspect io ipaddress \
    itertools json keyword lib2to3 linecache locale logging lzma macpath mailbox mailcap marshal math \
    mimetypes mmap modulefinder msilib msvcrt multiprocessing netrc nis nntplib nt ntpath nturl2path \
    numbers opcode operator optparse os ossaudiodev parser pathlib pdb pickle pickletools pipes pkgutil \
    platform plistlib poplib posix posixpath pprint profile pstats pty pwd py_compile pyclbr pydoc \
    pydoc_data pyexpat queue quopri random re readline reprlib resource rlcompleter runpy sched secrets \
    select selectors shelve shlex shutil signal site smtpd smtplib sndhdr socket socketserver spwd \
    sqlite3 sre_compile sre_constants sre_parse ssl stat statistics string stringprep struct subprocess \
    sunau symbol symtable sys sysconfig syslog tabnanny tarfile telnetlib tempfile termios textwrap this \
    threading time timeit tkinter token tokenize tomllib trace traceback tracemalloc tty turtle \
    turtledemo types typing unicodedata unittest urllib uu uuid venv warnings wave weakref webbrowser \
    winreg winsound wsgiref xdrlib xml xmlrpc zipapp zipfile zipimport zlib zoneinfo";

/// What the base image's Gradio brings along, by the names that are imported: images/base/Dockerfile says which Gradio.
const WITH_GRADIO: &str = "\
    annotated_doc annotated_types anyio brotli certifi click dateutil fastapi filelock fsspec gradio \
    gradio_client groovy h11 hf_gradio hf_xet httpcore httpcore2 httpx httpx2 huggingface_hub idna \
    jinja2 markdown_it markupsafe mdurl multipart numpy opentelemetry orjson packaging pandas PIL pip \
    pkg_resources pydantic pydantic_core pydub pygments python_multipart pytz rich safehttpx \
    semantic_version setuptools shellingham starlette tomlkit tqdm truststore typer typing_extensions \
    typing_inspection tzdata uv uvicorn yaml";

/// What older versions of Gradio brought besides.
const WITH_OLDER_GRADIO: &str = "\
    aiofiles aiohappyeyeballs aiohttp aiosignal altair attr attrs charset_normalizer contourpy cycler \
    email_validator exceptiongroup ffmpy fontTools frozenlist importlib_metadata importlib_resources \
    jsonschema jsonschema_specifications kiwisolver linkify_it matplotlib mdit_py_plugins mpl_toolkits \
    multidict narwhals propcache pylab pyparsing referencing requests rpds ruff six sniffio toolz \
    uc_micro urllib3 websockets yarl zipp";

/// Names that many packages share; none of those is called so.
const SHARED: &str = "azure backports google jaraco ruamel zope";

/// Names to import that differ from the names to install. The launcher has the same list, for imports that did fail.
const DISTRIBUTIONS: [(&str, &str); 25] = [
    ("cv2", "opencv-python-headless"),
    ("PIL", "pillow"),
    ("sklearn", "scikit-learn"),
    ("skimage", "scikit-image"),
    ("yaml", "pyyaml"),
    ("bs4", "beautifulsoup4"),
    ("dotenv", "python-dotenv"),
    ("fitz", "pymupdf"),
    ("docx", "python-docx"),
    ("dateutil", "python-dateutil"),
    ("Levenshtein", "levenshtein"),
    ("Crypto", "pycryptodome"),
    ("serial", "pyserial"),
    ("pptx", "python-pptx"),
    ("magic", "python-magic"),
    ("jwt", "pyjwt"),
    ("git", "gitpython"),
    ("zmq", "pyzmq"),
    ("attr", "attrs"),
    ("faiss", "faiss-cpu"),
    ("pkg_resources", "setuptools"),
    ("OpenSSL", "pyopenssl"),
    ("psycopg2", "psycopg2-binary"),
    ("MySQLdb", "mysqlclient"),
    ("whisper", "openai-whisper"),
];

fn is_in(list: &str, module: &str) -> bool {
    list.split_whitespace().any(|name| name == module)
}

/// Whether nothing has to be installed for it, or nobody can say what. `module` has no dots.
pub(super) fn is_there_anyway(module: &str, is_gradio_chosen: bool) -> bool {
    module.starts_with('_')
        || [STANDARD, WITH_GRADIO, SHARED]
            .iter()
            .any(|list| is_in(list, module))
        || is_gradio_chosen && is_in(WITH_OLDER_GRADIO, module)
}

/// The package that has this module, as pip names it.
pub(super) fn package_of(module: &str) -> String {
    let differs = DISTRIBUTIONS.iter().find(|(name, _)| *name == module);
    match differs {
        Some((_, package)) => (*package).to_owned(),
        None => module.to_lowercase().replace('_', "-"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAUNCHER: &str = include_str!("../../../../images/launcher/synapse_launcher/failures.py");

    #[test]
    fn the_launcher_names_the_same_packages() {
        let (_, after) = LAUNCHER.split_once("_DISTRIBUTIONS = {").unwrap();
        let (table, _) = after.split_once('}').unwrap();
        let words: Vec<&str> = table.split('"').skip(1).step_by(2).collect();
        let theirs: Vec<_> = words.chunks(2).map(|pair| (pair[0], pair[1])).collect();
        assert_eq!(theirs, DISTRIBUTIONS);
    }

    #[test]
    fn a_package_is_named_as_pip_names_it() {
        for (module, package) in [
            ("cv2", "opencv-python-headless"),
            ("torch", "torch"),
            ("sentence_transformers", "sentence-transformers"),
        ] {
            assert_eq!(package_of(module), package);
        }
    }

    #[test]
    fn only_a_gradio_that_was_chosen_may_be_an_older_one() {
        assert!(is_there_anyway("zoneinfo", false) && is_there_anyway("PIL", false));
        assert!(!is_there_anyway("requests", false) && is_there_anyway("requests", true));
        assert!(!is_there_anyway("torch", true));
    }
}
