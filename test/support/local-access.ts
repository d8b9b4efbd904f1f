/** How the engines on this machine are addressed: they take any credentials. */
export const localAccess = {
  region: "local",
  credentials: { accessKeyId: "local", secretAccessKey: "local" },
};
