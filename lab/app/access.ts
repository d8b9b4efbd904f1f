import { localCredentials, localRegion } from "../../local/local-account.ts";

/** What the servers of this machine take for credentials: any, since they check no signatures. */
export const localAccess = { region: localRegion, credentials: localCredentials };
