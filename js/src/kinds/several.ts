// Several inputs of one model.

import { registerKind } from "../views/kind";
import { several } from "../views/several";

registerKind(several);
