//! What the text of an error gives away, whatever class or library it came from.

use playground_types::Cause;

/// What torch, other libraries and the loader of shared libraries say where a program wants a GPU and there is none.
const NO_GPU: [&str; 14] = [
    "Torch not compiled with CUDA enabled",
    "No CUDA GPUs are available",
    "Found no NVIDIA driver",
    "no CUDA-capable device",
    "CUDA driver version is insufficient",
    "torch.cuda.is_available() is False",
    "CUDA error:",
    "CUDA_ERROR_",
    "cudaErrorNoDevice",
    "libcuda.so",
    "libcudart.so",
    "libcudnn",
    "libcublas",
    "libnvidia-",
];
const NOT_PERMITTED: [&str; 4] = [
    "Permission denied",
    "Operation not permitted",
    "Read-only file system",
    "PermissionError",
];
const DISK_FULL: [&str; 2] = ["No space left on device", "Disk quota exceeded"];

/// The cause that one of these texts speaks of.
pub(super) fn read<'a>(texts: impl IntoIterator<Item = &'a str>) -> Option<Cause> {
    texts.into_iter().find_map(|said| {
        let has = |signs: &[&str]| signs.iter().any(|sign| said.contains(sign));
        let text = said.trim().to_owned();
        if has(&NO_GPU) {
            Some(Cause::NoGpu { text })
        } else if has(&DISK_FULL) {
            Some(Cause::PluginDiskFull { text })
        } else if has(&NOT_PERMITTED) {
            Some(Cause::Permission { text })
        } else {
            None
        }
    })
}

#[cfg(test)]
mod tests {
    use playground_types::FailureKind;

    use super::*;

    #[test]
    fn texts_of_many_libraries_are_read() {
        for (text, kind) in [
            ("Torch not compiled with CUDA enabled", FailureKind::NoGpu),
            (
                "libcuda.so.1: cannot open shared object file: No such file or directory",
                FailureKind::NoGpu,
            ),
            (
                "cuInit: CUDA_ERROR_NO_DEVICE: no device",
                FailureKind::NoGpu,
            ),
            (
                "[Errno 30] Read-only file system: '/app/x'",
                FailureKind::Permission,
            ),
            ("[Errno 28] No space left on device", FailureKind::DiskFull),
        ] {
            assert_eq!(read([text]).map(|cause| cause.kind()), Some(kind), "{text}");
        }
        assert_eq!(read(["CUDA out of memory.", "no weights"]), None);
    }
}
