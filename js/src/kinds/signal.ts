// Signals, and their groups.
import "../panels/groups/offer";
import "../panels/path/offer";
import { registerGroups } from "../panels/groups/kind";
import { windowKind } from "../panels/groups/windows";
import { registerKind } from "../views/kind";
import { SignalSubject, signal } from "../views/signal";

registerKind(signal);
registerGroups(SignalSubject, (subject) => windowKind(subject.signal));
