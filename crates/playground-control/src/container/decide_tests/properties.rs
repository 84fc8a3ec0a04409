//! What holds from every state: decisions are carried out on a pure model of an engine, time is a number.

use proptest::option;
use proptest::prelude::*;

use super::*;

/// More turns than any state needs: ten seconds of looks at a silent app, six runs of a crashing one, and some.
const TURNS: usize = 1_000;
/// Shorter than the real one, so that few looks fit in.
const SHORT: Policy = Policy {
    start_timeout: Duration::from_secs(10),
    crash_attempts: 5,
    healthy_after: Duration::from_secs(60),
    unhealthy_misses: 3,
    restart_misses: Some(6),
    gapless: false,
    drain: Duration::from_secs(10),
    idle: IDLE,
};

/// How an app behaves after each start.
#[derive(Debug, Clone, Copy)]
enum App {
    AnswersAfter(i64),
    ExitsAfter { answers: Option<i64>, exits: i64 },
    StaysSilent,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    Created,
    Running { run: u32, since: Timestamp },
    Paused { run: u32, since: Timestamp },
    Exited,
    InTransit,
    Dead,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Build {
    None,
    Live,
    Failed,
}

/// A container on the model, and whether it is made from what the record wants besides its port.
#[derive(Debug, Clone)]
struct There {
    state: State,
    port: Option<HostPort>,
    up_to_date: bool,
}

/// A record, and an engine that does at once and without fail what it is told.
#[derive(Debug, Clone)]
struct World {
    row: ContainerRow,
    now: Timestamp,
    container: Option<There>,
    planned: bool,
    image: bool,
    build: Build,
    build_succeeds: bool,
    app: App,
    runs: u32,
    /// The first run is one that nobody watched.
    unwatched: bool,
    forgotten: bool,
}

fn run_name(run: u32) -> String {
    format!("run-{run}")
}

impl World {
    fn answers_after(&self) -> Option<i64> {
        match self.app {
            App::AnswersAfter(after) => Some(after),
            App::ExitsAfter { answers, .. } => answers,
            App::StaysSilent => None,
        }
    }

    /// The app's own end, where it has one.
    fn ends_at(&self) -> Option<Timestamp> {
        match (self.container.as_ref()?.state, self.app) {
            (State::Running { since, .. }, App::ExitsAfter { exits, .. }) => {
                Some(since.plus_millis(exits))
            }
            _ => None,
        }
    }

    fn observe(&mut self) -> Observation {
        if self.ends_at().is_some_and(|end| end <= self.now)
            && let Some(there) = &mut self.container
        {
            there.state = State::Exited;
        }
        let container = self.see();
        let needs_image = self.row.desired == Desired::Running
            && self.row.current_failure().is_none()
            && match &container {
                Seen::Missing => true,
                Seen::Created { fits }
                | Seen::Running { fits, .. }
                | Seen::Paused { fits }
                | Seen::Exited { fits, .. } => !fits,
                Seen::InTransit | Seen::Dead => false,
            };
        let image = match (needs_image, self.planned, self.image, self.build) {
            (false, ..) => Image::NotAsked,
            (_, false, ..) => Image::Unplanned,
            (_, _, true, _) => Image::Present,
            (.., Build::None) => Image::Missing,
            (.., Build::Live) => Image::Building,
            (.., Build::Failed) => Image::Failed(a_failure()),
        };
        Observation {
            image,
            container,
            drift: None,
            previous: None,
            idle: None,
        }
    }

    fn see(&self) -> Seen {
        let Some(there) = &self.container else {
            return Seen::Missing;
        };
        let fits = there.up_to_date
            && self.planned
            && there.port.is_some()
            && there.port == self.row.host_port;
        match there.state {
            State::Created => Seen::Created { fits },
            State::Running { run, since } => {
                let run = run_name(run);
                let answers = self
                    .answers_after()
                    .is_some_and(|after| self.now >= since.plus_millis(after));
                let readiness = if self.row.published_run.as_ref() == Some(&run) {
                    match self.row.consecutive_failures {
                        0 => Readiness::Published,
                        misses => Readiness::Mute(misses),
                    }
                } else if answers && fits && self.row.restart_wanted <= self.row.restart_done {
                    Readiness::Answers
                } else {
                    Readiness::Silent
                };
                Seen::Running {
                    fits,
                    run,
                    readiness,
                }
            }
            State::Paused { .. } => Seen::Paused { fits },
            State::Exited => Seen::Exited {
                fits,
                unwatched: self.unwatched,
            },
            State::InTransit => Seen::InTransit,
            State::Dead => Seen::Dead,
        }
    }

    fn run(&mut self) {
        self.runs += 1;
        self.unwatched = false;
        let state = State::Running {
            run: self.runs,
            since: self.now,
        };
        self.container
            .as_mut()
            .expect("only what is there is started")
            .state = state;
        self.row.restart_done = self.row.restart_done.max(self.row.restart_wanted);
        self.row.retry_at = None;
        self.withdraw();
        self.row.starting_since = Some(self.now);
    }

    fn withdraw(&mut self) {
        self.row.published_run = None;
        self.row.ready_since = None;
        self.row.starting_since = None;
        self.row.consecutive_failures = 0;
    }

    /// A health check: an app that was published and does not answer any more misses it.
    fn check_health(&mut self) {
        self.now = self.now.plus_millis(30_000);
        let answers = matches!(self.app, App::AnswersAfter(_));
        self.row.consecutive_failures = if answers {
            0
        } else {
            self.row.consecutive_failures.saturating_add(1)
        };
    }

    /// Whether health checks may still change something.
    fn is_checked(&self) -> bool {
        let is_served = self.row.is_published() && self.row.asleep.is_none();
        is_served && self.row.consecutive_failures > 0
    }

    fn give_up(&mut self, failure: Failure) {
        self.row.failure = Some(failure);
        self.row.failed_generation = Some(self.row.generation);
        self.row.retry_at = None;
        self.withdraw();
    }

    /// What `execute` and the store make of a decision.
    fn carry_out(&mut self, decision: &Decision) {
        match decision {
            Decision::PlanImage => self.planned = true,
            Decision::QueueBuild => self.build = Build::Live,
            Decision::AwaitBuild => {
                self.now = self.now.plus_millis(1_000);
                self.image = self.build_succeeds;
                self.build = if self.build_succeeds {
                    Build::None
                } else {
                    Build::Failed
                };
            }
            Decision::ReservePort => self.row.host_port = Some(HostPort(7861)),
            Decision::Create => {
                assert!(self.container.is_none(), "a second container");
                assert!(self.image, "a container without an image");
                self.row.delivered = None;
                self.container = Some(There {
                    state: State::Created,
                    port: self.row.host_port,
                    up_to_date: true,
                });
            }
            Decision::Deliver => {
                assert!(self.container.is_some(), "code for what is not there");
                self.row.delivered = Some(self.row.spec.source.clone());
                self.row.restart_wanted = self.row.restart_wanted.max(self.row.restart_done + 1);
            }
            Decision::Start | Decision::Restart => self.run(),
            Decision::FallAsleep(tier) => {
                assert!(Some(*tier) > self.row.asleep, "asleep as deep already");
                self.row.asleep = Some(*tier);
            }
            Decision::Pause => {
                let there = self.container.as_mut().expect("only what is there freezes");
                if let State::Running { run, since } = there.state {
                    there.state = State::Paused { run, since };
                }
            }
            Decision::Unpause => {
                let there = self
                    .container
                    .as_mut()
                    .expect("only what is there is thawed");
                if let State::Paused { run, since } = there.state {
                    there.state = State::Running { run, since };
                }
            }
            Decision::NoteStart => {
                self.withdraw();
                self.row.starting_since = Some(self.now);
            }
            Decision::LookAgain(after) => {
                self.now = self.now.plus_millis(as_millis(*after));
                if self
                    .container
                    .as_ref()
                    .is_some_and(|there| there.state == State::InTransit)
                {
                    self.container = None;
                }
            }
            Decision::Publish => {
                let State::Running { run, .. } = self
                    .container
                    .as_ref()
                    .expect("only what is there is published")
                    .state
                else {
                    panic!("published without a process");
                };
                self.row.published_run = Some(run_name(run));
                self.row.ready_since = Some(self.now);
                self.row.ready_generation = Some(self.row.generation);
                self.row.starting_since = None;
                self.row.failure = None;
                self.row.failed_generation = None;
                self.row.consecutive_failures = 0;
            }
            Decision::AwaitAnswer => self.check_health(),
            Decision::EndMute => {
                self.container
                    .as_mut()
                    .expect("only what is there is ended")
                    .state = State::Exited;
            }
            Decision::NoteCrash { attempts, retry_at } => {
                self.withdraw();
                self.row.attempts = *attempts;
                self.row.retry_at = Some(*retry_at);
            }
            Decision::NoteEnd => {
                self.withdraw();
                self.row.retry_at = Some(self.now);
            }
            Decision::StepAside | Decision::RemovePrevious => {
                unreachable!("replaced in place")
            }
            Decision::Stop => {
                self.withdraw();
                self.container
                    .as_mut()
                    .expect("only what is there is stopped")
                    .state = State::Exited;
            }
            Decision::Remove => {
                assert!(self.container.is_some(), "removed what is not there");
                self.withdraw();
                self.container = None;
            }
            Decision::Forget => {
                self.row.host_port = None;
                self.forgotten = true;
            }
            Decision::GiveUp(failure) => self.give_up(failure.clone()),
            Decision::GiveUpExited | Decision::GiveUpSilent | Decision::GiveUpCrashing => {
                self.give_up(a_failure())
            }
            Decision::ForgiveCrashes => self.row.attempts = 0,
            Decision::Restore(_) => {}
            Decision::Settled => {
                let is_up = matches!(self.see(), Seen::Running { .. } | Seen::Paused { .. });
                if !is_up {
                    self.withdraw();
                }
            }
        }
    }

    /// What no decision may ever be, whatever the state.
    fn check(&self, seen: &Observation, decision: &Decision) -> Result<(), TestCaseError> {
        let allowed = match self.row.desired {
            Desired::Running => !matches!(decision, Decision::Forget),
            Desired::Stopped => matches!(
                decision,
                Decision::Stop | Decision::Remove | Decision::LookAgain(_) | Decision::Settled
            ),
            Desired::Absent => matches!(
                decision,
                Decision::Remove | Decision::Forget | Decision::LookAgain(_)
            ),
        };
        prop_assert!(allowed, "{decision:?} while {} is wanted", self.row.desired);
        if *decision == Decision::Publish {
            let answers = matches!(
                seen.container,
                Seen::Running {
                    fits: true,
                    readiness: Readiness::Answers,
                    ..
                }
            );
            prop_assert!(answers, "published what does not answer: {seen:?}");
        }
        if matches!(decision, Decision::AwaitAnswer | Decision::EndMute) {
            prop_assert!(self.row.is_published(), "judged what is not published");
        }
        if *decision == Decision::Create {
            prop_assert_eq!(&seen.container, &Seen::Missing);
        }
        if *decision == Decision::Forget {
            prop_assert_eq!(&seen.container, &Seen::Missing);
        }
        Ok(())
    }

    /// Turn after turn until nothing is left to do and nothing will happen by itself.
    fn live(&mut self) -> Result<(), TestCaseError> {
        let mut last = Vec::new();
        for _ in 0..TURNS {
            let seen = self.observe();
            let decision = decide(&self.row, &seen, self.now, &SHORT);
            self.check(&seen, &decision)?;
            self.carry_out(&decision);
            if self.forgotten {
                return Ok(());
            }
            if decision == Decision::Settled {
                let seen = self.observe();
                prop_assert_eq!(
                    decide(&self.row, &seen, self.now, &SHORT),
                    Decision::Settled
                );
                match self.ends_at() {
                    Some(end) => self.now = self.now.max(end),
                    None if self.is_checked() => {
                        self.check_health();
                    }
                    None => return self.check_rest(&seen),
                }
            }
            last.push(decision);
        }
        let tail = &last[last.len() - 10..];
        Err(TestCaseError::fail(format!(
            "no rest after {TURNS} turns, the last: {tail:?}\n{self:#?}"
        )))
    }

    /// What rest means for each wish.
    fn check_rest(&self, seen: &Observation) -> Result<(), TestCaseError> {
        let runs = matches!(seen.container, Seen::Running { .. } | Seen::Paused { .. });
        match self.row.desired {
            Desired::Absent => prop_assert!(false, "at rest with a record to forget"),
            Desired::Stopped => prop_assert!(!runs, "at rest with a process: {seen:?}"),
            Desired::Running if self.row.current_failure().is_some() => {
                prop_assert!(!runs, "given up with a process: {seen:?}");
            }
            Desired::Running if let Some(tier) = self.row.asleep => {
                let is_frozen = matches!(seen.container, Seen::Paused { .. });
                prop_assert!(
                    !runs || (tier == Tier::Paused && is_frozen),
                    "awake: {seen:?}"
                );
            }
            Desired::Running => {
                let ready = matches!(
                    seen.container,
                    Seen::Running {
                        fits: true,
                        readiness: Readiness::Published,
                        ..
                    }
                );
                prop_assert!(ready, "at rest without a ready app: {seen:?}");
                prop_assert!(
                    self.row.restart_done >= self.row.restart_wanted,
                    "a restart was forgotten"
                );
                prop_assert!(!self.row.lacks_code(), "its code was forgotten");
            }
        }
        Ok(())
    }
}

fn desired() -> impl Strategy<Value = Desired> {
    prop_oneof![
        Just(Desired::Running),
        Just(Desired::Running),
        Just(Desired::Stopped),
        Just(Desired::Absent)
    ]
}

fn around_now() -> impl Strategy<Value = Timestamp> {
    (-700_000_i64..100_000).prop_map(|millis| NOW.plus_millis(millis))
}

prop_compose! {
    fn rows()(
        desired in desired(),
        restart_wanted in 0_i64..3,
        restarts_left in 0_i64..3,
        port in option::of(Just(HostPort(7860))),
        published in option::of(0_u32..3),
        ready_since in option::of(around_now()),
        ready_generation in option::of(1_i64..3),
        starting_since in option::of(around_now()),
        attempts in 0_i64..7,
        retry_at in option::of(around_now()),
        failed_generation in option::of(1_i64..3),
        consecutive_failures in prop_oneof![Just(0), 1_i64..9],
        asleep in option::weighted(0.3, tiers()),
        idle_since in option::of(around_now()),
        // Where it is live: whether it has its code.
        live in option::weighted(0.3, any::<bool>()),
    ) -> ContainerRow {
        let mut spec = row().spec;
        spec.live = live.is_some();
        ContainerRow {
            delivered: (live == Some(true)).then(|| spec.source.clone()),
            spec,
            desired,
            restart_wanted,
            restart_done: (restart_wanted - restarts_left).max(0),
            host_port: port,
            published_run: published.map(run_name),
            ready_since,
            ready_generation,
            starting_since,
            attempts,
            retry_at,
            failure: failed_generation.map(|_| a_failure()),
            failed_generation,
            consecutive_failures,
            asleep,
            idle_since: asleep.and(idle_since),
            ..row()
        }
    }
}

fn tiers() -> impl Strategy<Value = Tier> {
    prop_oneof![Just(Tier::Paused), Just(Tier::Stopped), Just(Tier::Removed)]
}

fn apps() -> impl Strategy<Value = App> {
    prop_oneof![
        (0_i64..9_000).prop_map(App::AnswersAfter),
        (option::of(0_i64..5_000), 1_i64..20_000)
            .prop_map(|(answers, exits)| App::ExitsAfter { answers, exits }),
        Just(App::StaysSilent),
    ]
}

fn states() -> impl Strategy<Value = State> {
    prop_oneof![
        Just(State::Created),
        (0_u32..3, around_now()).prop_map(|(run, since)| State::Running { run, since }),
        (0_u32..3, around_now()).prop_map(|(run, since)| State::Paused { run, since }),
        Just(State::Exited),
        Just(State::InTransit),
        Just(State::Dead),
    ]
}

prop_compose! {
    fn worlds()(
        row in rows(),
        container in option::of((states(), option::of(Just(HostPort(7860))), any::<bool>())),
        (planned, image, build_succeeds) in any::<(bool, bool, bool)>(),
        build in prop_oneof![Just(Build::None), Just(Build::Live), Just(Build::Failed)],
        app in apps(),
        unwatched in any::<bool>(),
    ) -> World {
        World {
            row,
            now: NOW,
            container: container.map(|(state, port, up_to_date)| There { state, port, up_to_date }),
            planned,
            image: image && planned,
            build,
            build_succeeds,
            app,
            runs: 10,
            unwatched,
            forgotten: false,
        }
    }
}

/// Any value at all, possible or not.
fn any_seen() -> impl Strategy<Value = Seen> {
    let readiness = prop_oneof![
        Just(Readiness::Published),
        any::<i64>().prop_map(Readiness::Mute),
        Just(Readiness::Answers),
        Just(Readiness::Silent)
    ];
    prop_oneof![
        Just(Seen::Missing),
        any::<bool>().prop_map(|fits| Seen::Created { fits }),
        (any::<bool>(), readiness).prop_map(|(fits, readiness)| Seen::Running {
            fits,
            run: run_name(1),
            readiness
        }),
        any::<bool>().prop_map(|fits| Seen::Paused { fits }),
        (any::<bool>(), any::<bool>())
            .prop_map(|(fits, unwatched)| Seen::Exited { fits, unwatched }),
        Just(Seen::InTransit),
        Just(Seen::Dead),
    ]
}

fn any_image() -> impl Strategy<Value = Image> {
    prop_oneof![
        Just(Image::NotAsked),
        Just(Image::Unplanned),
        Just(Image::Missing),
        Just(Image::Building),
        Just(Image::Failed(a_failure())),
        Just(Image::Present),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn every_state_comes_to_rest_with_its_wish_fulfilled_or_given_up(mut world in worlds()) {
        world.live()?;
    }

    #[test]
    fn a_wish_that_changes_on_the_way_is_fulfilled_all_the_same(
        mut world in worlds(),
        wishes in prop::collection::vec((desired(), 1_usize..12, any::<bool>()), 1..5),
    ) {
        for (desired, turns, restart) in wishes {
            for _ in 0..turns {
                let seen = world.observe();
                let decision = decide(&world.row, &seen, world.now, &SHORT);
                world.check(&seen, &decision)?;
                if decision == Decision::Forget {
                    break;
                }
                world.carry_out(&decision);
            }
            world.row.desired = desired;
            world.row.generation += 1;
            world.row.asleep = None;
            world.row.restart_wanted += i64::from(restart);
        }
        world.live()?;
    }

    #[test]
    fn no_state_whatever_makes_it_panic(
        mut row in rows(),
        (container, image) in (any_seen(), any_image()),
        numbers in any::<[i64; 6]>(),
        now in any::<i64>(),
        drift in prop::option::of(prop_oneof![Just(Drift::Limits), Just(Drift::Name)]),
        (idle, idle_since) in any::<(Option<u64>, i64)>(),
        (previous, gapless) in any::<(Option<(bool, bool)>, bool)>(),
    ) {
        let [attempts, wanted, done, retry_at, starting_since, ready_since] = numbers;
        (row.attempts, row.restart_wanted, row.restart_done) = (attempts, wanted, done);
        row.retry_at = row.retry_at.map(|_| Timestamp(retry_at));
        row.starting_since = row.starting_since.map(|_| Timestamp(starting_since));
        row.ready_since = row.ready_since.map(|_| Timestamp(ready_since));
        row.idle_since = row.idle_since.map(|_| Timestamp(idle_since));
        let seen = Observation {
            image,
            container,
            drift,
            previous: previous.map(|(is_up, is_left)| Previous { is_up, is_left }),
            idle: idle.map(Duration::from_millis),
        };
        let policy = Policy { gapless, ..POLICY };
        let decision = decide(&row, &seen, Timestamp(now), &policy);
        if row.desired == Desired::Absent {
            prop_assert_eq!(status(&row, &decision), ContainerStatus::Deleting);
        }
        prop_assert_ne!(status(&row, &decision), ContainerStatus::Deleted);
    }
}
