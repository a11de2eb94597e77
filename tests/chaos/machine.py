"""Random operations on a store, against a plain dictionary: `python -m tests.chaos.machine --steps 2000 --dask 50`.

Recordings are added, edited, touched and deleted; the store is built, damaged, verified, repaired, rolled back,
published, collected and made to forget; builds and other operations are killed in the middle. After each step every
generation must hold what the dictionary says, example by example as fresh builds give them, no recording may have been
decoded that had not changed, and whoever has an older generation open reads on.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from manifests.errors import StoreError
from manifests.failpoints import PLACES, VARIABLE
from manifests.store import Store
from pipelines.errors import GateError
from pipelines.forget import finish
from pipelines.forgotten import read_forgotten
from pipelines.history import publish
from pipelines.repair import repair
from pipelines.verify import verify
from tests.chaos.command import build_command
from tests.chaos.flips import hurt, targets
from tests.chaos.life import BROKEN, KINDS, TONE, Corpus, build_of, decoded_at_most, read
from tests.chaos.modelled import FIRST, Modelled, Operation, is_refused, is_same
from tests.pipelines.crashes import killed_at
from tests.pipelines.in_process import in_process

POOL, DAMAGES = 24, 4
"""How many recordings there may be; how many files may be damaged at a time."""
number, variant = st.integers(0, 999), st.integers(0, 9)


class Machine(Modelled, RuleBasedStateMachine):
    """The operations that hypothesis chooses from. On `cluster` builds run."""

    cluster = "inline"

    @rule(place=st.integers(FIRST, POOL - 1), variant=variant, kind=st.sampled_from([TONE] * 4 + [*KINDS]))
    def add(self, place: int, variant: int, kind: str) -> None:
        self.count("add")
        self.corpus.write(Corpus.key(place), kind, variant)

    @rule(place=number, variant=variant, just_now=st.booleans())
    def edit(self, place: int, variant: int, just_now: bool) -> None:
        self.count("edit")
        key = sorted(self.corpus.files)[place % len(self.corpus.files)]
        kind = TONE if place % 5 or key not in self.loose() else KINDS[place % 3]
        self.corpus.write(key, kind, variant, just_now)

    @rule(place=number)
    def touch(self, place: int) -> None:
        self.count("touch")
        self.corpus.touch(sorted(self.corpus.files)[place % len(self.corpus.files)])

    @precondition(lambda self: self.loose())
    @rule(place=number)
    def delete(self, place: int) -> None:
        self.count("delete")
        self.corpus.delete(self.loose()[place % len(self.loose())])

    @rule(spoilt=st.booleans())
    def spoil(self, spoilt: bool) -> None:
        """As many broken recordings as a gate refuses, or none."""
        self.count("spoil" if spoilt else "restore")
        for place in range(POOL - 6, POOL) if spoilt else ():
            self.corpus.write(Corpus.key(place), BROKEN, 1)
        for key in () if spoilt else self.loose():
            if self.corpus.files[key].kind == BROKEN:
                self.corpus.delete(key)

    @rule(real=st.sampled_from([False] * 9 + [True]))
    def build(self, real: bool) -> None:
        wanted, before, unhurt = self.wanted(), self.last, not self.hurt
        try:
            made = build_of(self.corpus, self.cluster, real)
        except GateError:
            self.count("build, refused by a gate")
            assert is_refused(wanted)
            self.adopt_candidates()
            assert any(parent == before for parent, _ in self.candidates.values())
        except StoreError:
            self.count("build, stopped by damage")
            assert not unhurt
        else:
            self.count("build" if made.shards_built else "build, nothing to do")
            assert not is_refused(wanted) or is_same(wanted, self.history[before])
            assert made.recordings == made.produced + made.filtered + made.rejected == len(wanted)
            assert made.generation in (before, before + 1)
            assert not unhurt or made.decoded <= decoded_at_most(wanted, self.history[before])
            self.history[made.generation] = wanted
        self.look()

    @rule(places=st.lists(number, min_size=1, max_size=3), variant=variant)
    def edit_and_build(self, places: list[int], variant: int) -> None:
        for place in places:
            self.edit(place, variant, just_now=False)
        self.build(real=False)

    @rule(keep=st.integers(1, 4))
    def gc(self, keep: int) -> None:
        self.carry_out("gc", *self.collecting(keep))

    @precondition(lambda self: len(self.history) > 1)
    @rule(place=number)
    def rollback(self, place: int) -> None:
        self.carry_out("rollback", *self.rolling_back(place))

    @precondition(lambda self: self.candidates)
    @rule(place=number)
    def publish(self, place: int) -> None:
        name = sorted(self.candidates)[place % len(self.candidates)]
        parent, snapshot = self.candidates[name]
        if parent == self.last:
            self.carry_out("publish", lambda: publish(self.storage, name), self.history | {self.last + 1: snapshot})
            return
        self.count("publish, too late")
        with suppress(StoreError):
            publish(self.storage, name)
            raise AssertionError("a candidate of an older state was published")

    @precondition(lambda self: not self.hurt and self.forgettable())
    @rule(place=number)
    def forget(self, place: int) -> None:
        key = self.forgettable()[place % len(self.forgettable())]
        self.forgotten.add(key)
        self.carry_out("forget", *self.forgetting(key))

    @precondition(lambda self: len(self.hurt) < DAMAGES)
    @rule(place=number, cut=st.booleans(), read=st.booleans())
    def corrupt(self, place: int, cut: bool, read: bool) -> None:
        """Any file; a shard that is `read` at present, as often as not."""
        paired = {name.removeprefix("spare/") for name in self.hurt} | {f"spare/{name}" for name in self.hurt}
        there = [name for name in targets(self.storage) if name not in self.hurt and name not in paired]
        there = [name for name in there if name in self.shards()] * read or there
        name = there[place % len(there)]
        path = self.storage.path(name)
        sound = path.read_bytes()
        hurt(path, np.random.default_rng(place), cut)
        self.hurt[name] = sound, path.read_bytes()
        self.count("corrupt")
        self.look()

    @rule()
    def verify(self) -> None:
        self.count("verify")
        found = {damage.name for damage in verify(self.storage, everything=True).damages}
        assert found == self.known() & set(self.hurt), (found, self.known() & set(self.hurt))

    @rule(drop=st.booleans())
    def repair(self, drop: bool) -> None:
        self.count("repair")
        before = self.history[self.last]
        with in_process():
            made = repair(self.storage, everything=True, drop=drop)
        left = {damage.name for damage in made.left}
        assert left <= set(self.hurt)
        for name in set(made.files) - left:
            path = self.storage.path(name)
            assert not path.exists() or path.read_bytes() == self.hurt[name][0], f"{name} was mended to other bytes"
        for name in left:
            assert self.has_changed(name), f"{name} could have been made again"
        if made.generation is not None:
            held = read(Store.open(self.storage.root), set()).fates
            self.history[made.generation] = {key: before[key] for key in held}
        self.look()
        assert {damage.name for damage in verify(self.storage, everything=True).damages} <= left

    @precondition(lambda self: self.cluster == "inline")
    @rule(change=st.integers(1, 40), place=number, what=st.sampled_from(["build", "build", "gc", "rollback"]))
    def kill(self, change: int, place: int, what: str) -> None:
        """A process that is killed just before its n-th change of the file system."""
        operation, after = self.building()
        if what == "gc":
            operation, after = self.collecting(1 + place % 3)
        elif what == "rollback" and len(self.history) > 1:
            operation, after = self.rolling_back(place)
        killed = killed_at(change, quiet(operation))
        self.count(f"{what}, killed" if killed else what)
        self.adopt_candidates()
        self.adopt(after)
        self.look()

    @precondition(lambda self: self.cluster == "inline" and not self.hurt and self.forgettable())
    @rule(change=st.integers(1, 40), place=number, built=st.booleans())
    def kill_forget(self, change: int, place: int, built: bool) -> None:
        """What was begun is completed, by a build or by doing it again."""
        key = self.forgettable()[place % len(self.forgettable())]
        operation, after = self.forgetting(key)
        killed = killed_at(change, operation)
        self.count("forget, killed" if killed else "forget")
        if key in read_forgotten(self.storage):
            self.forgotten.add(key)
            self.history = after
        if built:
            self.build(False)
        else:
            finish(self.storage)
        self.look()

    @rule(place=st.sampled_from(sorted(PLACES)), time=st.integers(1, 6), rare=st.integers(0, 3))
    def kill_group(self, place: str, time: int, rare: int) -> None:
        """A real build whose whole process group dies at a failpoint; that takes a while, so inline it is rare."""
        if rare and self.cluster == "inline":
            return
        self.corpus.recipe()
        command = build_command(self.corpus.tones.folder / "recipe.yaml", self.storage.root, "--cluster", self.cluster)
        environment = os.environ | {VARIABLE: f"{place}:kill@{time}"}
        ended = subprocess.run(command, env=environment, start_new_session=True, capture_output=True, check=False)
        assert ended.returncode in (-9, 0, 3) or self.hurt, ended.stderr.decode()
        self.count("build, its processes killed" if ended.returncode == -9 else "build")
        self.adopt_candidates()
        self.adopt(self.building()[1])
        self.look()

    def building(self) -> Operation:
        return lambda: build_of(self.corpus, "inline", False), self.history | {self.last + 1: self.wanted()}


def quiet(operation: Callable[[], object]) -> Callable[[], object]:
    """The operation, whose refusals are no failures."""

    def attempt() -> None:
        with suppress(StoreError, GateError):
            operation()

    return attempt


def walk(steps: int, start: int, cluster: str = "inline", length: int = 50) -> Counter[str]:
    """At least so many steps, in walks of `length` over new stores; how many of each kind. On Dask, so many builds.

    The first walk that hypothesis takes is the simplest: the same step again and again.
    """
    done: Counter[str] = Counter()
    here: Any = type("Walk", (Machine,), {"cluster": cluster, "done": done})
    plan = settings(
        max_examples=min(20, 1 + -(-steps // length)),
        stateful_step_count=length,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    while (done.total() if cluster == "inline" else builds(done)) < steps:
        run_state_machine_as_test(seed(start)(here), settings=plan)
        start += 1
    return done


def builds(done: Counter[str]) -> int:
    """How many builds had shards to write."""
    return done["build"] + done["build, its processes killed"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--dask", type=int, default=50, help="and so many builds through Dask, among other steps")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    for cluster, steps in (("inline", options.steps), ("local", options.dask)):
        began = time.monotonic()
        done = walk(steps, options.seed, cluster)
        kinds = ", ".join(f"{count} {what}" for what, count in done.most_common())
        print(f"machine, {cluster}: {done.total()} steps ({kinds}); {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
