//! Names for containers in Docker's manner: an adjective and a scientist.

use rand::seq::IndexedRandom as _;

const ADJECTIVES: &[&str] = &[
    "amber", "brave", "bright", "calm", "clever", "cosmic", "curious", "daring", "eager",
    "elegant", "fervent", "gentle", "golden", "happy", "hopeful", "humble", "keen", "kind",
    "lively", "lucid", "mellow", "merry", "nimble", "noble", "patient", "playful", "polite",
    "proud", "quick", "quiet", "quirky", "radiant", "serene", "sharp", "steady", "sunny", "swift",
    "tender", "vivid", "warm", "wise", "witty", "zealous",
];

const SCIENTISTS: &[&str] = &[
    "archimedes",
    "bohr",
    "chang",
    "choi",
    "curie",
    "darwin",
    "dirac",
    "einstein",
    "euler",
    "faraday",
    "fermi",
    "feynman",
    "franklin",
    "galileo",
    "gauss",
    "goodall",
    "hamilton",
    "hawking",
    "heisenberg",
    "hopper",
    "hypatia",
    "jang",
    "johnson",
    "kepler",
    "knuth",
    "lamport",
    "leavitt",
    "lovelace",
    "maxwell",
    "mendel",
    "mirzakhani",
    "newton",
    "noether",
    "pasteur",
    "planck",
    "ramanujan",
    "ritchie",
    "sejong",
    "shannon",
    "tesla",
    "turing",
    "wozniak",
    "wu",
    "yeong",
];

/// A new name. It may be taken: the store makes it unique.
pub(crate) fn fresh() -> String {
    let mut random = rand::rng();
    let pick =
        |words: &[&'static str], random: &mut _| words.choose(random).copied().unwrap_or("plain");
    format!(
        "{}_{}",
        pick(ADJECTIVES, &mut random),
        pick(SCIENTISTS, &mut random)
    )
}
