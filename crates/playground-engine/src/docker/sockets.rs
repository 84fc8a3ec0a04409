//! Who listens inside a container and who is connected to it, read from the kernel's tables `/proc/net/tcp` and `/proc/net/tcp6`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The kernel's number of the state LISTEN.
const LISTEN: &str = "0A";
/// The same of ESTABLISHED.
const ESTABLISHED: &str = "01";

/// The listening sockets in the printed tables; `None` when there is no table at all.
pub(super) fn listening(tables: &str) -> Option<Vec<SocketAddr>> {
    let rows = rows(tables, LISTEN)?;
    Some(rows.filter_map(socket).collect())
}

/// How many connections from elsewhere to this port there are; `None` when there is no table at all.
pub(super) fn connections(tables: &str, port: u16) -> Option<usize> {
    let rows = rows(tables, ESTABLISHED)?.filter_map(socket);
    let to_port = rows.filter(|local| local.port() == port);
    Some(
        to_port
            .filter(|local| !local.ip().to_canonical().is_loopback())
            .count(),
    )
}

/// The local ends of the sockets in this state, as the kernel prints them.
fn rows<'a>(tables: &'a str, wanted: &'static str) -> Option<impl Iterator<Item = &'a str>> {
    let is_table = tables.lines().any(|line| line.contains("local_address"));
    is_table.then(|| tables.lines().filter_map(move |line| row(line, wanted)))
}

/// `   0: 0100007F:1EB4 00000000:0000 0A …`
fn row<'a>(line: &'a str, wanted: &str) -> Option<&'a str> {
    let mut fields = line.split_ascii_whitespace().skip(1);
    let (local, state) = (fields.next()?, fields.nth(1)?);
    (state == wanted).then_some(local)
}

fn socket(local: &str) -> Option<SocketAddr> {
    let (address, port) = local.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    Some(SocketAddr::new(ip(address)?, port))
}

/// The kernel prints each 32-bit word of an address in its own byte order, which is little-endian on all we run on.
fn ip(hex: &str) -> Option<IpAddr> {
    let word = |index: usize| -> Option<[u8; 4]> {
        let digits = hex.get(index * 8..index * 8 + 8)?;
        Some(u32::from_str_radix(digits, 16).ok()?.to_le_bytes())
    };
    match hex.len() {
        8 => Some(IpAddr::V4(Ipv4Addr::from(word(0)?))),
        32 => {
            let mut bytes = [0; 16];
            for (index, chunk) in bytes.chunks_exact_mut(4).enumerate() {
                chunk.copy_from_slice(&word(index)?);
            }
            Some(IpAddr::V6(Ipv6Addr::from(bytes)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLES: &str = "\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1EB4 00000000:0000 0A 00000000:00000000 00:00000000 00000000 65532        0 28350 1
   1: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 65532        0 28351 1
   2: 0200000A:1EB4 0100000A:C001 01 00000000:00000000 00:00000000 00000000 65532        0 28352 1
  sl  local_address                         remote_address                        st tx_queue
   0: 00000000000000000000000000000000:1EB4 00000000000000000000000000000000:0000 0A 00000000:00000000
   1: 00000000000000000000000001000000:1EB5 00000000000000000000000000000000:0000 0A 00000000:00000000
";

    #[test]
    fn only_listening_rows_count() {
        let found = listening(TABLES).unwrap();
        let expected = ["127.0.0.1:7860", "0.0.0.0:8080", "[::]:7860", "[::1]:7861"];
        assert_eq!(
            found,
            expected.map(|text| text.parse::<SocketAddr>().unwrap())
        );
    }

    #[test]
    fn only_connections_to_the_port_count() {
        assert_eq!(connections(TABLES, 7860), Some(1));
        assert_eq!(connections(TABLES, 8080), Some(0), "listening is none");
        assert_eq!(connections("no such command", 7860), None);
    }

    #[test]
    fn an_error_in_place_of_a_table_is_no_empty_table() {
        assert_eq!(
            listening("exec: \"cat\": executable file not found in $PATH"),
            None
        );
        assert_eq!(
            listening("  sl  local_address rem_address   st"),
            Some(vec![])
        );
    }
}
