"""Any iterable of samples, in lists."""

import itertools

import numpy as np
import pytest

from langprop.data.batches import as_dataset, batches, first_sample
from langprop.errors import DataError


class MapDataset:
    """As PyTorch's or Hugging Face's: __len__ and __getitem__ for integers, no slices."""

    def __len__(self):
        return 7

    def __getitem__(self, index):
        assert type(index) is int
        return index * 10


class Loader:
    """As PyTorch's DataLoader with collate_fn=list."""

    batch_size = 3
    dataset = MapDataset()

    def __init__(self, kind=list):
        self.kind = kind

    def __iter__(self):
        for start in range(0, 7, 3):
            yield self.kind(range(start, min(start + 3, 7)))


def flat(data, size=3, **settings):
    return list(itertools.chain.from_iterable(batches(as_dataset(data), size, **settings)))


def test_sequences_keep_their_order_without_a_generator():
    assert list(batches([1, 2, 3, 4, 5], 2)) == [[1, 2], [3, 4], [5]]
    assert list(batches(MapDataset(), 4)) == [[0, 10, 20, 30], [40, 50, 60]]
    assert list(batches([1, 2, 3], None)) == [[1, 2, 3]]
    assert list(batches(range(3), 5)) == [[0, 1, 2]]


def test_sequences_are_shuffled_by_the_generator_and_every_sample_comes_once():
    rng = np.random.default_rng(0)
    first, second = flat(list(range(50)), 8, rng=rng), flat(list(range(50)), 8, rng=rng)
    assert sorted(first) == sorted(second) == list(range(50))
    assert first != second != list(range(50))
    assert first == flat(list(range(50)), 8, rng=np.random.default_rng(0))


def test_an_iterator_can_be_gone_through_again():
    data = as_dataset(x for x in range(5))
    assert first_sample(data) == 0
    assert list(batches(data, 2)) == [[0, 1], [2, 3], [4]]
    assert list(batches(data, 2)) == [[0, 1], [2, 3], [4]]


def test_an_endless_iterator_gives_as_many_batches_as_are_drawn():
    data = as_dataset(itertools.count())
    assert list(itertools.islice(batches(data, 3), 2)) == [[0, 1, 2], [3, 4, 5]]


def test_a_loader_decides_size_and_order():
    assert list(batches(Loader(), 100)) == [[0, 1, 2], [3, 4, 5], [6]]
    assert first_sample(Loader()) == 0


def test_a_loader_that_collates_is_told_what_to_do():
    with pytest.raises(DataError, match="collate_fn=list"):
        list(batches(Loader(kind=np.array), 3))


@pytest.mark.parametrize("nothing", [[], (), range(0), {}, np.zeros((0, 2))])
def test_no_samples(nothing):
    with pytest.raises(DataError, match="no samples"):
        as_dataset(nothing)


def test_an_empty_iterator():
    with pytest.raises(DataError, match="no samples"):
        first_sample(as_dataset(iter(())))


@pytest.mark.parametrize("data", [3, None, "text", b"bytes", object()])
def test_what_is_no_dataset_is_named(data):
    with pytest.raises(DataError, match="must be a list"):
        as_dataset(data)
