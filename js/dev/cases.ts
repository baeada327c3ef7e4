// Synthetic inputs and frames for the dev page: one case per look worth checking.
import type {
  Choices,
  GroupsMeta,
  Meta,
  PackedArray,
  TextInput,
  Traits,
  WireFrame,
} from "../src/kernel/protocol";

export interface Case {
  state: Partial<Traits>;
  messages?: unknown[];
}

const floats = (shape: number[], values: ArrayLike<number>): PackedArray => {
  const data = Float32Array.from(values);
  return { dtype: "float32", shape, data: new DataView(data.buffer) };
};

const bytes = (shape: number[], values: ArrayLike<number>): PackedArray => {
  const data = Uint8Array.from(values);
  return { dtype: "uint8", shape, data: new DataView(data.buffer) };
};

const ints = (shape: number[], values: ArrayLike<number>): PackedArray => {
  const data = Int32Array.from(values);
  return { dtype: "int32", shape, data: new DataView(data.buffer) };
};

const LABELS = Array.from({ length: 1000 }, (_, i) => (i === 207 ? "golden retriever" : `class number ${i}`));

const CHOICES: Choices = {
  v: 1,
  methods: [
    { value: "integrated_gradients", label: "Integrated gradients", hint: "Adds up gradients on the path" },
    { value: "input_gradient", label: "Input gradient", hint: "One gradient at the input" },
  ],
  baselines: [
    { value: "black", label: "Black", hint: "All zero" },
    { value: "white", label: "White", hint: "All one" },
  ],
  targets: [
    { value: 207, label: "golden retriever", score: 8.41, probability: 0.97 },
    { value: 208, label: "Labrador retriever", score: 4.1, probability: 0.012 },
  ],
  labels: LABELS,
  n_steps: { min: 2, max: 1025 },
};

const META: Meta = {
  final: true,
  method: "integrated_gradients",
  method_label: "Integrated gradients",
  n_steps: 33,
  n_evaluations: 33,
  requested: 33,
  levels: [5, 9, 17, 33],
  target: { value: 207, label: "golden retriever" },
  baseline: { value: "black", label: "Black" },
  output: "logit",
  score: 8.41,
  baseline_score: 0.32,
  sum: 8.05,
  gap: -0.04,
  relative_gap: 0.005,
  map_error: 0.008,
  readings: {},
  seconds: 0.21,
  device: "cuda:0",
  notes: [],
};

const frame = (arrays: WireFrame["arrays"], meta: Partial<Meta> = {}): WireFrame => ({
  v: 1,
  seq: 3,
  meta: { ...META, ...meta },
  arrays: arrays ?? {},
});

function picture(size: number, value: (x: number, y: number) => number, meta: Partial<Meta> = {}): Case {
  const cells = Array.from({ length: size * size }, (_, i) => [i % size, Math.floor(i / size)] as const);
  const pixels = cells.flatMap(([x, y]) => [255 * (x / size), 160, 255 * (y / size)]);
  const tile = new Uint8Array(3 * 16);
  return {
    state: {
      _input: {
        v: 1,
        kind: "image",
        arrays: { pixels: { dtype: "uint8", shape: [size, size, 3], data: Uint8Array.from(pixels) } },
      },
      _choices: CHOICES,
      _status: { v: 1, state: "done", message: "", detail: "" },
      _frame: frame(
        {
          values: floats(
            [size, size],
            cells.map(([x, y]) => value(x / size, y / size)),
          ),
          baseline_picture: { dtype: "uint8", shape: [4, 4, 3], data: tile },
        },
        meta,
      ),
    },
  };
}

const ripple = (x: number, y: number) =>
  0.02 * Math.sin(18 * x) * Math.cos(14 * y) * Math.exp(-6 * ((x - 0.5) ** 2 + (y - 0.5) ** 2));

function text(words: string[], view = "words"): Case {
  const all = ["[CLS]", ...words, "[SEP]"];
  const values = all.map((word, i) => (word.startsWith("[") ? 0 : Math.sin(3.1 * i) * Math.cos(i)));
  const special = (word: string) => word.startsWith("[");
  const segments = words.flatMap((word, i): [string, number][] => [
    ...(i ? ([[" ", -1]] as [string, number][]) : []),
    [word, i + 1],
  ]);
  return {
    state: {
      _input: {
        v: 1,
        kind: "text",
        text: words.join(" "),
        tokens: all.map((word, i) => ({ text: word, unit: i, special: special(word) })),
        units: all.map((word) => ({ text: word, special: special(word) })),
        segments,
      },
      _choices: {
        ...CHOICES,
        labels: ["negative", "positive"],
        targets: [
          { value: 1, label: "positive", probability: 0.91 },
          { value: 0, label: "negative", probability: 0.09 },
        ],
      },
      target: 1,
      view,
      clip: 100,
      _status: { v: 1, state: "done" },
      _frame: frame(
        {
          values: floats([all.length], values),
          units: floats([all.length], values),
          unit_error: floats(
            [all.length],
            values.map((v) => Math.abs(v) / 50),
          ),
        },
        { target: { value: 1, label: "positive" } },
      ),
    },
  };
}

/** Scores of groups of the words of a sentence: one number for every word, one for some pairs. */
function groups(weights: number[], pairs: Record<string, number>, levels: number[][][]): Partial<Traits> {
  const count = weights.length;
  const score = (units: number[]) =>
    units.reduce((sum, i) => sum + weights[i]!, 0) +
    Object.entries(pairs).reduce(
      (sum, [pair, v]) => sum + (pair.split(",").every((i) => units.includes(Number(i))) ? v : 0),
      0,
    );
  const run = (i: number, j: number) => Array.from({ length: j - i + 1 }, (_, k) => i + k);
  const square = (of: (i: number, j: number) => number[]) =>
    floats(
      [count, count],
      Array.from({ length: count * count }, (_, at) => {
        const [i, j] = [Math.floor(at / count), at % count];
        return i < j ? score(of(i, j)) : Number.NaN;
      }),
    );
  const meta: GroupsMeta = {
    missing: "",
    target: { value: 1, label: "positive" },
    output: "logit",
    scorer: "cd",
    scorer_label: "Contextual decomposition",
    score: score(run(0, count - 1)) + 0.25,
    exact: true,
    count,
    levels: levels.map((level) => level.map((units) => ({ units, score: score(units) }))),
    growing: false,
    grown: levels.length > 0,
    evaluated: 46,
    known: [],
    notes: [],
  };
  const arrays = {
    scores: floats([count], weights),
    spans: square(run),
    pairs: square((i, j) => [i, j]),
  };
  return { _groups: { v: 1, seq: 3, meta, arrays } };
}

const SCORERS = [
  { value: "cd", label: "Contextual decomposition", hint: "What the group brings through every layer" },
  { value: "occlusion", label: "Occlusion", hint: "Score lost without the group" },
];

/** "not a bad film .": two words that are bad alone and good together. */
function phrases(): Case {
  const { state } = text("not a bad film .".split(" "));
  const singles = [[0], [1], [2], [3], [4], [5], [6]];
  const levels = [
    singles,
    [[0], [1], [2], [3, 4], [5], [6]],
    [[0], [1, 2, 3, 4], [5], [6]],
    [[0], [1, 2, 3, 4, 5], [6]],
    [[0, 1, 2, 3, 4, 5, 6]],
  ];
  const scores = groups([0, -1, 0.125, -1.5, 0.5, 0, 0], { "1,3": 3, "3,4": -0.25 }, levels);
  return { state: { ...state, ...scores, _choices: { ...state._choices, scorers: SCORERS } } };
}

function withStatus(made: Case, status: Record<string, unknown>, more: Partial<Traits> = {}): Case {
  const message = { kind: "status", v: 1, message: "", detail: "", done: 0, total: null, ...status };
  return { state: { ...made.state, ...more }, messages: [message] };
}

/** Two channels at 100 Hz, of which a dip in the second counts for the target and its end against it. */
function signal(length = 640): Case {
  const wave = (c: number, t: number) => Math.sin(t / 9 + c) - (c && t >= 400 && t < 420 ? 2 : 0);
  const worth = (c: number, t: number) => (c && t >= 400 && t < 430 ? (t < 420 ? 0.25 : -0.5) : 0);
  const rows = (of: (c: number, t: number) => number) =>
    [0, 1].flatMap((c) => Array.from({ length }, (_, t) => of(c, t)));
  return {
    state: {
      _input: {
        v: 1,
        kind: "signal",
        names: ["chest", "arm"],
        unit: "s",
        start: 0,
        step: 0.01,
        arrays: { values: floats([2, length], rows(wave)) },
      },
      _choices: {
        ...CHOICES,
        scorers: SCORERS,
        units: [
          { value: "null", label: "20 samples (0.2 s)" },
          { value: "10", label: "10 samples (0.1 s)" },
        ],
      },
      _status: { v: 1, state: "done" },
      _frame: frame({
        values: floats([2, length], rows(worth)),
        error: floats(
          [2, length],
          rows((c, t) => Math.abs(worth(c, t)) / 50),
        ),
      }),
      _groups: windowScores(length),
      view: "separate",
      clip: 100,
    },
  };
}

function windowScores(length: number): Traits["_groups"] {
  const count = length / 20;
  const scores = Array.from({ length: count }, (_, k) => (k === 20 ? 5 : k === 21 ? -4 : 0));
  const { _groups } = groups(scores, {}, [scores.map((_, k) => [k]), [scores.map((_, k) => k)]]);
  const arrays = {
    scores: floats([count], scores),
    starts: { dtype: "int32", shape: [count], data: Int32Array.from(scores, (_, k) => 20 * k) },
  };
  return { ..._groups, arrays } as Traits["_groups"];
}

const LONG =
  "a picture of something with an exceedingly long-winded taxonomic class name, Canis lupus familiaris";
const FEW = "This movie was unbelievably good".split(" ");
const MANY = Array.from(
  { length: 200 },
  (_, i) => ["the", "unhappy", "kitten", "slept", "through", "noise,"][(i * 7) % 6]!,
);

/** A question and its context, read by one model. */
function pair(): Case {
  const words = ["Who", "wrote", "it", "Ada", "wrote", "the", "first", "program"];
  const made = text(words);
  const input = made.state._input as TextInput;
  const segments = [...input.segments];
  segments[5] = ["\n", -1];
  const texts = {
    text: words.join(" ").replace("it Ada", "it\nAda"),
    starts: [0, 6],
    titles: ["Text 1", "Text 2"],
  };
  const parts = [
    { name: "Text 1", sum: 0.2, share: 0.37 },
    { name: "Text 2", sum: 1.1, share: 0.63 },
  ];
  const shown = made.state._frame as { meta: Meta };
  const _frame = { ...shown, meta: { ...shown.meta, parts } } as WireFrame;
  return { state: { ...made.state, _input: { ...input, ...texts, segments } as TextInput, _frame } };
}

/** A label for every token, of which one is explained. */
function tagger(): Case {
  const words = ["Ada", "lived", "in", "London"];
  const made = text(words);
  const labels = ["B-PER", "O", "O", "B-LOC"];
  const targets = words.map((word, i) => ({
    value: `token(${i + 1}, ${i})`,
    label: `${word}: ${labels[i]}`,
    probability: 0.9 - 0.1 * i,
    group: "Tokens",
  }));
  const shown = made.state._frame as { meta: Meta };
  const target = { value: targets[3]!.value, label: targets[3]!.label, place: 4 };
  const _frame = { ...shown, meta: { ...shown.meta, target } } as WireFrame;
  const _choices = { ...CHOICES, labels: null, targets } as Choices;
  return { state: { ...made.state, _choices, _frame, target: target.value } };
}

export const cases: Partial<Record<string, (query: URLSearchParams) => Case>> = {
  image: (query) => {
    const made = picture(224, ripple);
    return { state: { ...made.state, view: query.get("view") ?? "side" } };
  },
  digit: () => picture(8, (x, y) => 0.3 * Math.sin(7 * x + 3 * y)),
  negative: () => picture(64, (x, y) => -Math.abs(ripple(x, y))),
  /** Maps ticked to stand beside the answer: two that came, one that failed. */
  compared: () => {
    const made = picture(64, ripple);
    const [change, white, ggig] = [{ method: "input_gradient" }, { baseline: "white" }, { method: "ggig" }];
    const values = floats(
      [64, 64],
      Array.from({ length: 64 * 64 }, (_, i) => ripple((i % 64) / 64, Math.floor(i / 64) / 64)),
    );
    const beside = (setting: object, alike: number, meta: object = { ...META, missing: "" }) => ({
      ...{ kind: "beside", v: 1, seq: 3, setting, meta, correlations: [{ with: {}, value: alike }] },
      arrays: "missing" in meta && meta.missing ? {} : { values },
    });
    const failed = { missing: "The model has no such head.", notes: [] };
    return {
      state: { ...made.state, compare: [change, white, ggig] } as Partial<Traits>,
      messages: [beside(change, 0.55), beside(white, -0.1), beside(ggig, 0, failed)],
    };
  },
  zero: () =>
    picture(64, () => 0, {
      sum: 0,
      zero: true,
      notes: ["Every value is zero: the score does not depend on the input here."],
    }),
  long: () => {
    const made = picture(224, ripple, { target: { value: 5, label: LONG } });
    const targets = [{ value: 5, label: LONG, probability: 0.5 }];
    return { state: { ...made.state, target: 5, _choices: { ...CHOICES, targets } } };
  },
  doubtful: () => picture(224, ripple, { relative_gap: 0.034, gap: 0.27, map_error: 0.12 }),
  queued: () => withStatus(picture(224, ripple), { state: "queued" }, { _frame: {}, _status: {} }),
  running: () =>
    withStatus(
      picture(224, ripple, { final: false }),
      { state: "running", done: 12, total: 65 },
      { n_steps: 65 },
    ),
  stopped: () => withStatus(picture(224, ripple, { requested: 257 }), { state: "stopped" }, { n_steps: 257 }),
  error: () =>
    withStatus(picture(224, ripple), {
      state: "error",
      message:
        "RuntimeError: CUDA out of memory at 64 samples a time. Pass internal_batch_size=16 and run again.",
      detail:
        "Traceback (most recent call last):\n  File …, line 12, in forward\nRuntimeError: CUDA out of memory",
    }),
  static: () => ({ state: { ...picture(224, ripple).state, _choices: { ...CHOICES, live: false } } }),
  few: (query) => text(FEW, query.get("view") ?? "words"),
  many: () => text(MANY),
  pair,
  tagger,
  phrases,
  signal: () => signal(),
  features: () => ({
    state: {
      _input: {
        v: 1,
        kind: "features",
        names: [
          "sepal length",
          "sepal width",
          "petal length",
          "petal width",
          "a feature with a rather long name",
        ],
        values: [5.1, 3.5, 1.4, 0.2, null],
      },
      _choices: { ...CHOICES, labels: null },
      clip: 100,
      _status: { v: 1, state: "done" },
      _frame: frame({
        values: floats([5], [0.42, -1.3, 2.31, 0.003, -0.2]),
        error: floats([5], [0.01, 0.02, 0.03, 0, 0]),
      }),
    },
  }),
  slopes: () => ({
    state: {
      _input: {
        v: 1,
        kind: "features",
        names: ["age", "income", "member", "city"],
        values: [41, 52_000, 1, "Lyon <b>"],
        kinds: ["number", "number", "binary", "category"],
        scales: [10, 20_000, 0.5, 1],
      },
      _choices: { ...CHOICES, labels: null },
      view: "standardized",
      clip: 100,
      _status: { v: 1, state: "done" },
      _frame: frame(
        { values: floats([4], [0.03, -0.000012, 0.4, 0]), error: floats([4], [0.001, 0, 0, 0]) },
        {
          per_unit: true,
          counted: "prediction",
          baseline: null,
          baseline_score: null,
          gap: null,
          relative_gap: null,
        },
      ),
    },
  }),
  table: () => ({
    state: {
      _input: {
        v: 1,
        kind: "table",
        names: ["age", "income", "city"],
        rows: ["ann", "bob", "cid", "dee"],
        kinds: ["number", "number", "category"],
        scales: [10, 20_000, 1],
        levels: { "2": ["Lyon", "<b>Oslo"] },
        groups: [{ name: "Predicted class", labels: ["no", "yes", "maybe"], of: [0, 1, 1, 0] }],
        arrays: { values: floats([4, 3], [41, 52_000, 0, 35, 28_000, 1, 62, Number.NaN, 1, 28, 31_000, -1]) },
      },
      _choices: CHOICES,
      view: "standardized",
      clip: 100,
      _status: { v: 1, state: "done" },
      _frame: frame(
        {
          values: floats([4, 3], [0.1, -1e-5, 0, 0.2, 1e-5, 0, 0.3, 3e-5, 0, -0.2, -2e-5, 0]),
          scores: floats([4], [0.25, 0.75, 0.875, 0.125]),
        },
        {
          per_unit: true,
          counted: "prediction",
          rows: 4,
          baseline: null,
          baseline_score: null,
          gap: null,
          relative_gap: null,
        },
      ),
    },
  }),
  /** A row with a category that was switched, one that could not be, and a missing number. */
  switched: () => ({
    state: {
      _input: {
        v: 1,
        kind: "features",
        names: ["age", "city", "plan"],
        values: [null, "Oslo", "free"],
        kinds: ["number", "category", "category"],
        scales: [10, 1, 1],
        levels: { "1": ["Lyon", "Oslo", "Rome"], "2": ["free"] },
      },
      _choices: { ...CHOICES, labels: null },
      view: "standardized",
      clip: 100,
      _status: { v: 1, state: "done" },
      _frame: frame(
        {
          values: floats([3], [0.5, 2, Number.NaN]),
          error: floats([3], [0, 0, Number.NaN]),
          examined: bytes([3], [1, 1, 0]),
          changes: floats([1, 4], [-3, 0, 1, 0]),
          change_columns: ints([4], [1, 1, 1, 2]),
          change_codes: ints([4], [0, 1, 2, 0]),
        },
        {
          per_unit: true,
          counted: "prediction",
          baseline: null,
          baseline_score: null,
          gap: null,
          relative_gap: null,
        },
      ),
    },
  }),
  /** Rows with numbers of their own, and cells that were not examined. */
  rows: () => ({
    state: {
      _input: {
        v: 1,
        kind: "table",
        names: ["age", "city", "plan"],
        rows: ["ann", "bob", "cid"],
        kinds: ["number", "category", "category"],
        scales: [10, 1, 1],
        levels: { "1": ["Lyon", "Oslo"], "2": ["free"] },
        groups: [{ name: "Predicted class", labels: ["no", "yes"], of: [0, 1, 1] }],
        arrays: { values: floats([3, 3], [41, 0, 0, Number.NaN, 1, 0, 62, -1, 0]) },
      },
      _choices: {
        ...CHOICES,
        labels: ["no", "yes"],
        targets: [
          { value: 1, label: "yes", score: 0.55, probability: 0.55 },
          { value: 0, label: "no", score: 0.45, probability: 0.45 },
        ],
        rows: {
          scores: floats([3, 2], [0.875, 0.125, 0.25, 0.75, 0.25, 0.75]),
          probabilities: floats([3, 2], [0.875, 0.125, 0.25, 0.75, 0.25, 0.75]),
        },
      },
      target: 1,
      view: "raw",
      clip: 100,
      _status: { v: 1, state: "done" },
      _frame: frame(
        {
          values: floats([3, 3], [1, 0.5, Number.NaN, 3, -0.5, Number.NaN, 2, Number.NaN, Number.NaN]),
          examined: bytes([3, 3], [1, 1, 0, 1, 1, 0, 1, 0, 0]),
          changes: floats([3, 3], [0, -0.5, -0.25, 0.5, 0, 0.125, 0.25, Number.NaN, 0]),
          change_columns: ints([3], [1, 1, 1]),
          change_codes: ints([3], [0, 1, -1]),
          scores: floats([3], [0.125, 0.75, 0.75]),
          baseline_scores: floats([3], [0.5, 0.5, 0.25]),
          sums: floats([3], [1.5, 2.5, 2]),
          gaps: floats([3], [0.25, -0.125, 0]),
          relative_gaps: floats([3], [0.5, 0.25, 0]),
          map_errors: floats([3], [0.25, 0.125, 0]),
        },
        {
          target: { value: 1, label: "yes" },
          output: "probability",
          rows: 3,
          score: 0.54,
          baseline_score: 0.42,
        },
      ),
    },
  }),
};
