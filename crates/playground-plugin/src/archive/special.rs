//! What an entry may be besides a file or a folder. None of these is accepted.

use crate::reason::Said;

pub(crate) const SYMBOLIC_LINK: Said = Said {
    en: "a symbolic link",
    ko: "심볼릭 링크",
};
pub(crate) const HARD_LINK: Said = Said {
    en: "a hard link",
    ko: "하드 링크",
};
pub(crate) const CHARACTER_DEVICE: Said = Said {
    en: "a character device",
    ko: "문자 장치",
};
pub(crate) const BLOCK_DEVICE: Said = Said {
    en: "a block device",
    ko: "블록 장치",
};
pub(crate) const NAMED_PIPE: Said = Said {
    en: "a named pipe",
    ko: "이름 있는 파이프",
};
pub(crate) const SOCKET: Said = Said {
    en: "a socket",
    ko: "소켓",
};
pub(crate) const SPARSE_FILE: Said = Said {
    en: "a sparse file",
    ko: "스파스 파일",
};
pub(crate) const UNKNOWN: Said = Said {
    en: "an entry of an unknown type",
    ko: "알 수 없는 종류의 항목",
};
