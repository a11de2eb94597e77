"""The gates of a recipe: which there are, and how a recipe asks for them."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from manifests.licences import require_allowed
from pipelines.gates.class_balance import Balance, ClassBalance
from pipelines.gates.disjoint import Disjoint
from pipelines.gates.duplicate_audio import DuplicateAudio
from pipelines.gates.duplicate_fingerprint import DuplicateFingerprint
from pipelines.gates.duplicate_text import DuplicateText
from pipelines.gates.fates import MaxFate
from pipelines.gates.gate import Gate
from pipelines.gates.licences import Licences
from pipelines.gates.sample_rates import SampleRates
from pipelines.gates.text_duration import TextDuration
from pipelines.units import Fraction


class Gates(BaseModel):
    """What must hold of a build before it becomes the current generation; nothing is asked where nothing is said."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    max_rejected: Fraction | None = Field(None, description="Share of the recordings that may be rejected.")
    max_filtered: Fraction | None = Field(None, description="Share of the recordings that may be filtered.")
    max_dropped: Fraction | None = Field(None, description="Share of the recordings that may be gone since last time.")
    disjoint: list[Annotated[str, Field(min_length=1)]] = Field(
        [], description="What no two splits may share: speaker, or labels and other columns such as session."
    )
    duplicate_audio: DuplicateAudio | None = Field(None, description="No file may be in two splits.")
    duplicate_fingerprint: DuplicateFingerprint | None = Field(
        None, description="No recording may sound like one in another split; needs the stage fingerprint."
    )
    duplicate_text: DuplicateText | None = Field(None, description="No text may be in two splits.")
    class_balance: dict[str, Balance] = Field({}, description="How even the classes of a label are, by label.")
    sample_rates: SampleRates | None = Field(None, description="At which rates the sources may be recorded.")
    text_duration: TextDuration | None = Field(None, description="Texts must fit the duration of their recordings.")
    licences: list[Annotated[str, AfterValidator(require_allowed)]] | None = Field(
        None, min_length=1, description="Licences that all must be under, mixed in or held: cc0, cc-by-4.0, .."
    )

    def of_generation(self) -> list[Gate]:
        """Those that look at what was built, the quick ones first."""
        fates = [
            MaxFate(fate=fate, limit=limit)
            for fate, limit in (("rejected", self.max_rejected), ("filtered", self.max_filtered))
            if limit is not None
        ]
        wanted = (
            self.sample_rates, self.text_duration, self.duplicate_audio, self.duplicate_text, self.duplicate_fingerprint
        )  # fmt: skip
        return [
            *([Licences(allowed=self.licences)] if self.licences else []),
            *fates,
            *(ClassBalance(label=label, balance=balance) for label, balance in self.class_balance.items()),
            *(Disjoint(by=name) for name in self.disjoint),
            *(gate for gate in wanted if gate is not None),
        ]
