"""Code cells the browser tests run: small deterministic nets and inputs, one of them slow on purpose."""

PICTURE = """
import time
import numpy as np, torch, whylight as wl
torch.manual_seed(0)

class Net(torch.nn.Module):
    delay, broken = 0.0, False

    def __init__(self):
        super().__init__()
        self.conv, self.out = torch.nn.Conv2d(3, 6, 3, padding=1), torch.nn.Linear(6 * 8 * 8, 4)

    def forward(self, x):
        if torch.is_grad_enabled():
            time.sleep(self.delay)
        if self.broken:
            raise RuntimeError("the third layer <b>is</b> missing")
        return self.out(self.conv(x).relu().flatten(1))

net = Net()
yy, xx = np.mgrid[:8, :8]
picture = np.stack([30 * yy, 30 * xx, 255 - 15 * (xx + yy)], -1).astype(np.uint8)
LABELS = ["ant", "bee", "cat", "dog"]
"""

SHOW = "w = wl.explain(net, picture, labels=LABELS, target='cat', n_steps=33); w"

HOSTILE = "<img src=x onerror=window.hacked=1> good & <script>window.hacked=1</script> 😀 b\u0301ad"

TEXT = f"""
import re, torch, whylight as wl
torch.manual_seed(0)

class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding, self.out = torch.nn.Embedding(500, 8), torch.nn.Linear(8, 2)

    def forward(self, ids):
        return self.out(torch.tanh(self.embedding(ids)).sum(1))

def tokenizer(text):
    spans = [m.span() for m in re.finditer(r"\\S{{1,4}}", text)]
    return {{"input_ids": [[sum(map(ord, text[a:b])) % 500 for a, b in spans]], "offset_mapping": spans}}

TEXT = {HOSTILE!r}
w = wl.explain(Net(), TEXT, tokenizer=tokenizer, labels=["<i>no</i>", "yes"]); w
"""
