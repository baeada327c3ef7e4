// Signals, and their groups.
import { registerGroups } from "../panels/groups/register";
import { windowKind } from "../panels/groups/windows";
import { registerKind } from "../views/kind";
import { SignalSubject, signal } from "../views/signal";

registerKind(signal);
registerGroups(SignalSubject, (subject) => windowKind(subject.signal));
