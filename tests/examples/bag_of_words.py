"""The baseline of text: which words occur, weighed by TF-IDF, and a logistic regression."""

from collections.abc import Sequence

from tests.examples.trained import Trained


def accuracy_of_words(
    trained: Trained,
    text: str = "text",
    label: str = "label",
    *,
    together: int = 1,
    rows: Sequence[int] | None = None,
) -> float:
    """Share of the test split that it tells right, with the strength of its regularization chosen on val.

    With `together` 2 the pairs of words that stand side by side count as well. It learns from the train split, or
    with `rows` from those places in it alone.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    texts = {split: trained.column(text, split) for split in ("train", "val", "test")}
    labels = {split: trained.column(label, split) for split in texts}
    if rows is not None:
        for column in (texts, labels):
            column["train"] = [column["train"][row] for row in rows]
    words = TfidfVectorizer(ngram_range=(1, together), sublinear_tf=True)
    known = words.fit_transform(texts["train"])
    tried = [LogisticRegression(C=strength, max_iter=1000).fit(known, labels["train"]) for strength in (1, 3, 10, 30)]
    best = max(tried, key=lambda model: float(model.score(words.transform(texts["val"]), labels["val"])))
    return float(best.score(words.transform(texts["test"]), labels["test"]))
