"""Recognition: what was said, as text, by connectionist temporal classification.

Graves, Fernández, Gomez, Schmidhuber, "Connectionist temporal classification: labelling unsegmented sequence data with
recurrent neural networks", ICML 2006. The symbols are those that the store's tokenizer was fitted to; its first one, id
0, is the blank.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import ctc_loss

from features.text.ctc_bound import frames_needed
from training.decoding.decoder import Decoder, Decoding, make_decoder
from training.decoding.symbols import Symbols
from training.errors import DataError
from training.grouping import named
from training.metrics.edits import align, count, summed
from training.recognition.vocabulary import BLANK, find_tokenizer, text_stages
from training.tasks.task import Answer, Material, Task, TaskConfig, in_words

if TYPE_CHECKING:
    from training.collate import Batch
    from training.fitted import Fitted

MOST_CONFUSIONS = 20
"""Pairs of words that a report names."""
LONGEST_SECONDS = 20.0
"""Of a recording of train, where the store does not know."""


class RecognitionConfig(TaskConfig):
    """Speech to text by CTC: tokens as a stage of the recipe makes them of the text, characters or bpe."""

    name: Literal["recognition"] = "recognition"

    array: str = "log_mel"
    """The features that the model hears."""

    tokens: str = "characters"
    """The tokens that it is to write: the result of the stage characters, bpe or phonemes."""

    intermediate_weight: float = Field(0.3, ge=0, lt=1)
    """How much the answers of blocks half-way count in training, where the model has some (Lee and Watanabe 2021)."""

    @property
    def arrays(self) -> list[str]:
        return [self.array, self.tokens]


class Scored(NamedTuple):
    """The scores of a batch in time, before a softmax, and in training those from half-way through the model."""

    scores: Tensor
    """(batch, answers, symbols)."""

    lengths: Tensor
    """How many answers of each are real: (batch,)."""

    inner: tuple[Tensor, ...] = ()
    """Scores of other blocks, as `scores`."""


class Recognition(Task):
    """Learns to write what is said. A loss is in nats a token.

    Models answer scores with their lengths, and have `subsampling`, the frames for each answer. Texts are compared as
    the store's stages left them, so `report` names these stages with their versions. Answers are decoded greedily
    unless `decode_with` says otherwise.
    """

    Config = RecognitionConfig
    metric = "wer"
    less_is_better = True
    needs = ("subsampling",)
    suited = "conv_ctc"
    always_writes = False

    def __init__(self, config: RecognitionConfig, learnt: Mapping[str, Any]) -> None:
        super().__init__(config, learnt)
        self.config: RecognitionConfig
        self.symbols = Symbols(learnt["vocabulary"])
        self.frame_rate = float(learnt["frame_rate"])
        self.decoder: Decoder = make_decoder(Decoding(), self.symbols, BLANK)

    @classmethod
    def learn(cls, config: RecognitionConfig, material: Material) -> dict[str, Any]:
        heard, tokens = (material.specs[name] for name in config.arrays)
        if heard.kind != "features" or not heard.rate or tokens.kind != "tokens":
            raise DataError(
                f"recognition needs features with a rate and tokens, got {in_words(heard)} and {in_words(tokens)}; a "
                "rate is known where the recipe has resample, and characters or bpe make tokens"
            )
        tokenizer = find_tokenizer(material.chain, material.fitted, config.tokens)
        seconds = [row["seconds"] for row in material.rows(["seconds"]) if row["seconds"]]
        return {
            "vocabulary": tokenizer.vocabulary,
            "spelled": tokenizer.name != "phonemes",
            "text_stages": text_stages(material.chain, config.tokens),
            "frame_rate": heard.rate,
            "longest_seconds": max(seconds, default=LONGEST_SECONDS),
        }

    @property
    def width(self) -> int:
        return len(self.symbols)

    def decode_with(self, decoding: Decoding) -> None:
        self.decoder = make_decoder(decoding, self.symbols, BLANK)

    def outputs(self, model: nn.Module, batch: Batch) -> Scored:
        network: Any = model
        given = batch.arrays[self.config.array], batch.lengths[self.config.array]
        if model.training and hasattr(model, "scores"):
            (*inner, scores), lengths = network.scores(*given)
            return Scored(scores, lengths, tuple(inner))
        return Scored(*network(*given))

    def losses(self, outputs: Scored, batch: Batch) -> Tensor:
        targets, lengths = batch.arrays[self.config.tokens], batch.lengths[self.config.tokens]
        self._require_enough(outputs, batch)

        def loss(scores: Tensor) -> Tensor:
            # On the CPU, wherever the model is: torch has no deterministic gradient of it on GPUs.
            log_probs = scores.float().log_softmax(2).transpose(0, 1).cpu()
            ends = outputs.lengths.cpu(), lengths.cpu()
            return ctc_loss(log_probs, targets.cpu(), *ends, blank=BLANK, reduction="none").to(scores.device)

        total = loss(outputs.scores)
        if outputs.inner:
            weight = self.config.intermediate_weight
            inner = sum((loss(scores) for scores in outputs.inner), total.new_zeros(())) / len(outputs.inner)
            total = (1 - weight) * total + weight * inner
        return total / lengths.clamp(min=1)

    def answers(self, outputs: Scored, batch: Batch) -> list[Answer]:
        log_probs = outputs.scores.float().log_softmax(2).cpu().numpy()
        pairs = zip(log_probs, outputs.lengths.tolist(), self.references(batch), strict=True)
        return [self._answer(said, self.decoder(scores[:length]).text) for scores, length, said in pairs]

    def metrics(self, answers: Sequence[Answer]) -> dict[str, float]:
        return {"wer": self._edits(answers, "words").rate, "cer": self._edits(answers, "characters").rate}

    def report(self, answers: Sequence[Answer]) -> dict[str, Any]:
        words = self._edits(answers, "words")
        lengths = named([answer["words"][-1] for answer in answers])
        by_length = {
            name: {"examples": len(places), **self.metrics([answers[place] for place in places])}
            for name, places in lengths.items()
        }
        return {
            "words": words.total,
            "insertions": words.insertions,
            "deletions": words.deletions,
            "substitutions": words.substitutions,
            "characters": self._edits(answers, "characters")._asdict(),
            "by_words": by_length,
            "confusions": confusions(answers),
            "text_stages": self.learnt["text_stages"],
            "decoding": self.decoder.describe(),
        }

    def errors(self, answers: Sequence[Answer]) -> list[Answer]:
        return [answer for answer in answers if answer["reference"] != answer["hypothesis"]]

    def explain(self, answer: Answer) -> str:
        *edits, total = answer["words"]
        wrong = f"{sum(edits)} of {total} words wrong" if sum(edits) else "right"
        return f"{answer['reference']!r} heard as {answer['hypothesis']!r} ({wrong})"

    def predict(self, fitted: Fitted, path: Path, out: Path | None) -> list[dict[str, Any]]:
        """The text of a file of any length, with its words in time; into `out`, where it is named, as text, JSON and
        subtitles. Of the stage decode only the channels count here: no recording is too long.
        """
        from training.recognition.files import transcribe_file

        return transcribe_file(fitted, self, path, out)

    def writes(self, path: Path) -> str:
        return f"{path.stem}.txt"

    def references(self, batch: Batch) -> list[str]:
        """What was said in each example: its text as the store holds it, or its tokens where they are no letters."""
        tokens = batch.arrays[self.config.tokens].tolist(), batch.lengths[self.config.tokens].tolist()
        spelled = (self.symbols.text(ids[:length]) for ids, length in zip(*tokens, strict=True))
        texts = batch.texts if self.learnt["spelled"] else [None] * len(batch)
        return [by_ids if text is None else " ".join(text.split()) for text, by_ids in zip(texts, spelled, strict=True)]

    def _answer(self, said: str, heard: str) -> Answer:
        words, characters = count(align(said.split(), heard.split())), count(align(said, heard))
        return {"reference": said, "hypothesis": heard, "words": [*words], "characters": [*characters]}

    def _edits(self, answers: Sequence[Answer], unit: str) -> Any:
        return summed(answer[unit] for answer in answers)

    def _require_enough(self, outputs: Scored, batch: Batch) -> None:
        """DataError, with the key, where there are fewer answers than CTC needs; the loss would be infinite."""
        name = self.config.tokens
        ends = batch.lengths[name].tolist(), outputs.lengths.tolist()
        for key, ids, length, answers in zip(batch.keys, batch.arrays[name].cpu().numpy(), *ends, strict=True):
            needed = frames_needed(ids[:length])
            if answers < needed:
                raise DataError(
                    f"{key}: {answers} answers of the model are too few for {length} tokens, which need {needed} for "
                    f"CTC; let the recipe leave it out: ctc_bound: {{features: {self.config.array}, tokens: {name}, "
                    "subsampling: that of the model}, or a larger one where stages at load shorten recordings"
                )


def confusions(answers: Sequence[Answer]) -> list[dict[str, Any]]:
    """The commonest pairs of a word that was said and another one that was heard in its place."""
    pairs = Counter(
        pair
        for answer in answers
        if any(answer["words"][:3])
        for pair in align(answer["reference"].split(), answer["hypothesis"].split())
        if None not in pair and pair[0] != pair[1]
    )
    ranked = sorted(pairs.items(), key=lambda item: (-item[1], item[0]))[:MOST_CONFUSIONS]
    return [{"said": said, "heard": heard, "times": times} for (said, heard), times in ranked]
