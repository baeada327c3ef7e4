// Texts, and their groups.

import { phraseKind } from "../panels/groups/phrases";
import { registerGroups } from "../panels/groups/register";
import { registerKind } from "../views/kind";
import { TextSubject, text } from "../views/text";

registerKind(text);
registerGroups(TextSubject, ({ input }) => phraseKind(input));
