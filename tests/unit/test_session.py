"""The session: newest request wins, nothing stale is published, stopping and failing leave it ready."""

import gc
import subprocess
import sys
import threading
import weakref

import pytest
import torch
from torch import nn

from whylight import attribute
from whylight.errors import WhylightError
from whylight.explainer.explainer import Explainer
from whylight.explainer.request import Request
from whylight.live.events import AnswerEvent, PathFrame, Status
from whylight.live.followups import PathFollowUp
from whylight.live.session import Session
from whylight.problem.gradient_cache import GradientCache

X = torch.linspace(-1, 1, 6).reshape(1, 6)


class Gated(nn.Module):
    """A small net that waits for a gate and counts the points it was given gradients for."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.net = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 3))
        self.gate, self.inside, self.counts = threading.Event(), threading.Event(), []
        self.gate.set()

    def forward(self, x):
        if torch.is_grad_enabled():
            self.counts.append(len(x))
            self.inside.set()
            assert self.gate.wait(300)
        return self.net(x)

    @property
    def points(self):
        return sum(self.counts)


class Recorder(list):
    @property
    def frames(self):
        return [n for n in self if isinstance(n, AnswerEvent)]

    @property
    def paths(self):
        return [n for n in self if isinstance(n, PathFrame)]

    @property
    def states(self):
        return [n.state for n in self if isinstance(n, Status)]


def start(model=None, **options):
    model = model or Gated()
    news = Recorder()
    task = Explainer(model, X, {"target": 1, "internal_batch_size": 4, **options}, store=GradientCache())
    return model, news, Session(task, news.append)


def test_answers_like_a_plain_call():
    model, news, session = start()
    session.submit(Request(target=1, n_steps=65))
    got = session.wait(300)
    torch.testing.assert_close(got.attributions, attribute(model, X, target=1, n_steps=65).attributions)
    assert news.states[0] == "running"
    assert news.states[-1] == "done"
    assert [f.seq for f in news.frames] == list(range(1, len(news.frames) + 1))
    assert news.frames[-1].attribution.final
    assert 65 in news.frames[-1].levels


def test_longer_run_continues_and_shorter_one_is_free():
    model, _, session = start()
    session.submit(Request(target=1, n_steps=33))
    session.wait(300)
    model.counts.clear()
    session.submit(Request(target=1, n_steps=65))
    session.wait(300)
    assert model.points == 32
    session.submit(Request(target=1, n_steps=33))
    session.wait(300)
    session.submit(Request(target=1, method="input_gradient"))
    session.wait(300)
    assert model.points == 32


def test_changed_weights_are_not_answered_from_the_store():
    model, _, session = start()
    session.submit(Request(target=1, n_steps=33))
    before = session.wait(300)
    with torch.no_grad():
        model.net[2].weight.mul_(2)
        model.net[2].bias.mul_(2)
    session.submit(Request(target=1, n_steps=33))
    torch.testing.assert_close(session.wait(300).attributions, 2 * before.attributions)


def test_newest_request_wins_and_nothing_stale_is_published():
    model, news, session = start()
    model.gate.clear()
    session.submit(Request(target=1, n_steps=512))
    assert model.inside.wait(300)
    for n in range(2, 22):
        session.submit(Request(target=1, n_steps=n))
    last_call = len(news)
    model.gate.set()
    assert session.wait(300).provenance["n_steps"] == 21
    assert {f.requested for f in news[last_call:] if isinstance(f, AnswerEvent)} == {21}
    assert sum(f.attribution.final for f in news.frames) <= 2


def test_requests_from_many_threads_end_with_the_last_one():
    _, news, session = start()
    threads = [threading.Thread(target=lambda n=n: session.submit(Request(target=1, n_steps=n))) for n in range(2, 40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    session.submit(Request(target=1, n_steps=77))
    assert session.wait(300).provenance["n_steps"] == 77
    seqs = [f.seq for f in news.frames]
    assert seqs == sorted(set(seqs))


def test_stop_frees_the_worker_within_one_chunk():
    model, news, session = start()
    model.gate.clear()
    session.submit(Request(target=1, n_steps=4097))
    assert model.inside.wait(300)
    session.stop()
    seen = model.points
    model.gate.set()
    session.wait(300)
    assert model.points <= seen + 4
    assert news.states[-1] == "stopped"
    assert not news.frames
    session.submit(Request(target=1, n_steps=9))
    assert session.wait(300).provenance["n_steps"] == 9


def test_stop_keeps_the_last_picture_and_says_where():
    model, news, session = start()
    session.submit(Request(target=1, n_steps=9))
    session.wait(300)
    model.gate.clear()
    model.inside.clear()
    session.submit(Request(target=1, n_steps=4097))
    assert model.inside.wait(300)
    session.stop()
    model.gate.set()
    assert session.wait(300).provenance["n_steps"] == 9
    assert "of 4097" in news[-1].message


def test_stop_when_idle_says_nothing():
    _, news, session = start()
    session.stop()
    assert not news


def test_a_failing_model_is_shown_and_the_next_request_works():
    model, news, session = start()
    model.gate = type("Broken", (), {"wait": lambda self, t: (_ for _ in ()).throw(RuntimeError("no such layer"))})()
    session.submit(Request(target=1))
    with pytest.raises(RuntimeError, match="no such layer"):
        session.wait(300)
    assert news[-1].state == "error"
    assert "no such layer" in news[-1].message
    assert "Traceback" in news[-1].detail
    model.gate = threading.Event()
    model.gate.set()
    session.submit(Request(target=1, n_steps=9))
    assert session.wait(300).provenance["n_steps"] == 9


def test_bad_request_is_an_error_too():
    _, news, session = start()
    session.submit(Request(method="nonsense"))
    with pytest.raises(ValueError, match="Unknown method"):
        session.wait(300)
    assert news[-1].state == "error"


@pytest.mark.parametrize("running", [False, True])
def test_close_frees_the_model(running):
    model, _, session = start()
    session.submit(Request(target=1, n_steps=9))
    session.wait(300)
    if running:
        session.submit(Request(target=1, n_steps=2000))
    reference = weakref.ref(model)
    session.close()
    with pytest.raises(WhylightError, match="closed"):
        session.submit(Request(target=1))
    del model
    gc.collect()
    assert reference() is None


def test_two_sessions_on_one_model_in_train_mode_do_not_disturb_each_other():
    torch.manual_seed(0)
    layers = [nn.Linear(6, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Dropout(0.5), nn.Linear(32, 3)]
    model = nn.Sequential(*layers).train()
    before = {k: v.clone() for k, v in model.state_dict().items()}
    want = [attribute(model, X, target=t, n_steps=257).attributions for t in (0, 1)]
    sessions = [
        Session(Explainer(model, X, {"internal_batch_size": 1}, store=GradientCache()), lambda news: None) for _ in want
    ]
    for t, session in enumerate(sessions):
        session.submit(Request(target=t, n_steps=257))
    for expected, session in zip(want, sessions, strict=True):
        torch.testing.assert_close(session.wait(300).attributions, expected)
    assert model.training
    assert layers[3].training
    assert all(torch.equal(before[k], v) for k, v in model.state_dict().items())


def test_writes_that_autograd_does_not_see_are_noticed():
    model, _, session = start()
    session.submit(Request(target=1, n_steps=33))
    before = session.wait(300)
    model.net[2].weight.data.mul_(2)
    model.net[2].bias.data.mul_(2)
    session.submit(Request(target=1, n_steps=33))
    torch.testing.assert_close(session.wait(300).attributions, 2 * before.attributions)


def test_many_sessions_do_not_keep_all_their_gradients():
    stores, sessions = [], []
    for _ in range(7):
        task = Explainer(Gated(), X, {"target": 1}, store=GradientCache())
        session = Session(task, lambda news: None)
        session.submit(Request(target=1, n_steps=33))
        session.wait(300)
        stores.append(task.store)
        sessions.append(session)
    assert [len(store) for store in stores] == [0, 0, 0, 33, 33, 33, 33]


def test_leaving_python_while_the_engine_works_is_no_crash():
    code = """
import torch, whylight as wl
net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(192, 400), torch.nn.ReLU(), torch.nn.Linear(400, 3))
widget = wl.explain(net, torch.rand(1, 3, 8, 8), n_steps=4097)
"""
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


def test_random_state_of_the_main_thread_is_not_rewound():
    class Dropping(Gated):
        def forward(self, x):
            return super().forward(nn.functional.dropout(x, 0.5, training=False))

    _, _, session = start(Dropping())
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    first = torch.rand(1)
    session.submit(Request(target=1, n_steps=500))
    second = torch.rand(1)
    session.wait(300)
    assert torch.equal(torch.cat([first, second]), expected)


def test_the_path_follows_every_answer_while_it_is_watched():
    _, news, session = start()
    session.submit(Request(target=0, n_steps=9))
    session.wait()
    assert news.paths == []
    session.follow_up("path", PathFollowUp(5))
    for request in (Request(target=1, n_steps=17), Request(method="input_gradient")):
        session.wait()
        session.submit(request)
    session.wait()
    session.follow_up("path", None)
    session.submit(Request(target=0, n_steps=33))
    session.wait()
    first, second, none = news.paths
    finals = [frame.seq for frame in news.frames if frame.attribution.final]
    assert [first.seq, second.seq, none.seq] == finals[:3]
    assert (len(first.seen.alphas), len(second.seen.alphas)) == (9, 17)
    assert len(second.seen.maps) == 5
    assert (none.seen, none.missing[:29]) == (None, "Input gradient is no integral")
    session.close()


@pytest.mark.parametrize("when", ["before", "during"])
def test_watching_may_begin_before_there_is_an_answer(when):
    model, news, session = start()
    if when == "before":
        session.follow_up("path", PathFollowUp(5))
    model.gate.clear()
    session.submit(Request(n_steps=9))
    assert model.inside.wait(300)
    if when == "during":
        session.follow_up("path", PathFollowUp(5))
    model.gate.set()
    session.wait()
    assert [path.seq for path in news.paths] == [news.frames[-1].seq]
    session.close()


def test_the_path_of_a_stopped_run_is_that_of_its_last_picture():
    model, news, session = start()
    session.follow_up("path", PathFollowUp(5))
    shown, publish = threading.Event(), news.append

    def hold(item):
        publish(item)
        if isinstance(item, AnswerEvent) and not item.attribution.final:
            model.gate.clear()
            shown.set()

    session._publish = hold
    session.submit(Request(n_steps=1025))
    assert shown.wait(300)
    session.stop()
    model.gate.set()
    session.wait()
    assert session.status.state == "stopped"
    assert [path.seq for path in news.paths] == [news.frames[-1].seq]
    assert len(news.paths[0].seen.alphas) >= 5
    session.close()


def test_a_path_that_fails_is_told_and_breaks_nothing(monkeypatch):
    _, news, session = start()
    session.follow_up("path", PathFollowUp(5))
    monkeypatch.setattr(Explainer, "path", lambda *_, **__: 1 / 0)
    session.submit(Request(n_steps=9))
    assert session.wait() is not None
    assert session.status.state == "done"
    assert news.paths[0].missing == "ZeroDivisionError: division by zero"
    session.close()


def test_the_path_on_request_waits_for_the_answer():
    model, _, session = start()
    session.submit(Request(n_steps=33))
    before = model.points
    assert len(session.path().alphas) == 33
    assert model.points - before <= 33
    session.close()
    with pytest.raises(WhylightError, match="closed"):
        session.path()


def test_a_new_request_does_not_wait_for_the_path_of_the_old_one(monkeypatch):
    _, news, session = start()
    session.follow_up("path", PathFollowUp(5))
    follow, asked = Explainer.path, []

    def slow(self, *args, tick, **kwargs):
        if not asked:
            asked.append(session.submit(Request(target=0, n_steps=17)))
        tick(0)
        return follow(self, *args, tick=tick, **kwargs)

    monkeypatch.setattr(Explainer, "path", slow)
    session.submit(Request(target=1, n_steps=9))
    session.wait()
    assert [len(path.seen.alphas) for path in news.paths] == [17]
    session.close()
