/** The account that the local run plays: names that cannot be taken for a real one's. */

export const localAccountId = "000000000000";
export const localRegion = "us-east-1";

/** Engines ask for a signature, not for a right one. */
export const localCredentials = {
  accessKeyId: "local",
  secretAccessKey: "local",
  sessionToken: "local",
};
