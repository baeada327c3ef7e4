// Tables.

import { registerKind } from "../views/kind";
import { table } from "../views/table";

registerKind(table);
