/** DynamoDB's refusals that will be the same at every repeat. */
const finalNames = new Set([
  "AccessDeniedException",
  "CredentialsProviderError",
  "ExpiredTokenException",
  "IncompleteSignatureException",
  "InvalidSignatureException",
  "MissingAuthenticationTokenException",
  "ResourceNotFoundException",
  "UnrecognizedClientException",
  "ValidationException",
]);

export const isFinal = (error: unknown): boolean =>
  error instanceof Error && finalNames.has(error.name);
