/** The route of `POST /v1/reservations`. Alone here, so that the bundle has no other route. */
export const reserveRoute = {
  method: "POST",
  path: "/v1/reservations",
  function: "reserve",
  access: "reservations.write",
} as const;
