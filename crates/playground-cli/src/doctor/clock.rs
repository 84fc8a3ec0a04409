//! This machine's clock, compared with the package index' own. A wrong one makes TLS and links to apps fail.

use std::time::Duration;

use super::index::Times;
use super::line::{Line, typed, words};

const NAME: &str = "clock";
/// Further apart than this is wrong.
const APART: Duration = Duration::from_secs(60);

pub(super) fn judge(times: Option<Times>) -> Line {
    let Some(Times { there, here }) = times else {
        return Line::skipped(
            NAME,
            words(
                "not known: the package index did not say what time it is",
                "알 수 없음: 패키지 인덱스가 시각을 알려 주지 않았습니다",
            ),
        );
    };
    let (apart, is_ahead) = match here.duration_since(there) {
        Ok(ahead) => (ahead, true),
        Err(behind) => (behind.duration(), false),
    };
    if apart <= APART {
        return Line::ok(
            NAME,
            words(
                "as the package index' own",
                "패키지 인덱스의 시각과 같습니다",
            ),
        );
    }
    let (en, ko) = match is_ahead {
        true => ("ahead", "빠릅니다"),
        false => ("behind", "느립니다"),
    };
    let seconds = apart.as_secs();
    Line::warning(
        NAME,
        words(
            format!("{seconds} s {en}: TLS and links to apps may fail"),
            format!("{seconds}초 {ko}. TLS와 앱 링크가 실패할 수 있습니다"),
        ),
        typed("sudo timedatectl set-ntp true"),
    )
}
