//! Where somebody on this machine reaches what listens here.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An address to connect to, for one that is listened at: every address of this machine is none, and its own is one of them.
pub(crate) fn reached(listens: IpAddr) -> IpAddr {
    match listens {
        IpAddr::V4(every) if every.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(every) if every.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        one => one,
    }
}
