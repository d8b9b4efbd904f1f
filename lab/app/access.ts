/** What the servers of this machine take for credentials: any, since they check no signatures. */
export const localAccess = {
  region: "us-east-1",
  credentials: { accessKeyId: "local", secretAccessKey: "local", sessionToken: "local" },
};
