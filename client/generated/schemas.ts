/** Generated from the OpenAPI document by `npm run generate:client`. Do not edit. */
export type ReservationStatus =
  "cancelled" | "confirmed" | "expired" | "fulfilled" | "held" | "released";
export type ProblemCode =
  | "below_reserved"
  | "busy"
  | "exceeds_reservation"
  | "hold_limit_reached"
  | "idempotency_key_reused"
  | "insufficient_stock"
  | "internal"
  | "invalid_cursor"
  | "invalid_json"
  | "invalid_request"
  | "method_not_allowed"
  | "not_found"
  | "reservation_confirmed"
  | "reservation_expired"
  | "reservation_not_confirmed"
  | "reservation_released"
  | "too_large"
  | "unknown_channel"
  | "unknown_reservation"
  | "unknown_sku"
  | "unsupported_media_type"
  | "version_mismatch";

export interface Exchanges {
  requests: Requests;
  answers: Answers;
  problem: Problem;
}
export interface Requests {
  setStock: SetStockRequest;
  getStock: GetStockRequest;
  listStock: ListStockRequest;
  listMovements: ListMovementsRequest;
  listHolds: ListHoldsRequest;
  moveStock: MoveStockRequest;
  adjustStock: AdjustStockRequest;
  setStockAtLocation: SetStockAtLocationRequest;
  getStockAtLocation: GetStockAtLocationRequest;
  adjustStockAtLocation: AdjustStockAtLocationRequest;
  moveStockAtLocation: MoveStockAtLocationRequest;
  listMovementsAtLocation: ListMovementsAtLocationRequest;
  listHoldsAtLocation: ListHoldsAtLocationRequest;
  setCounts: SetCountsRequest;
  checkAvailability: CheckAvailabilityRequest;
  setChannel: SetChannelRequest;
  getChannel: GetChannelRequest;
  deleteChannel: DeleteChannelRequest;
  listChannels: ListChannelsRequest;
  reserve: ReserveRequest;
  listReservations: ListReservationsRequest;
  getReservation: GetReservationRequest;
  changeReservation: ChangeReservationRequest;
  moveReservation: MoveReservationRequest;
  confirmReservation: ConfirmReservationRequest;
  fulfillReservation: FulfillReservationRequest;
  cancelReservation: CancelReservationRequest;
  returnReservation: ReturnReservationRequest;
  releaseReservation: ReleaseReservationRequest;
  extendReservation: ExtendReservationRequest;
  health: HealthRequest;
  openApi: OpenApiRequest;
  asyncApi: AsyncApiRequest;
}
export interface SetStockRequest {
  /**
   * At most 128 characters.
   */
  sku: string;
  /**
   * 0 to 1,000,000,000.
   */
  onHand: number;
  expectedVersion?: number;
  /**
   * 0 to 1,000,000,000.
   */
  lowStockThreshold?: number;
  /**
   * 0 to 1,000,000,000.
   */
  safetyStock?: number;
  /**
   * 0 to 1,000,000,000.
   */
  backorderLimit?: number;
  availableFrom?: string;
  /**
   * 1 to 128.
   */
  shards?: number;
  allowShortfall?: boolean;
}
export interface GetStockRequest {
  /**
   * At most 128 characters.
   */
  sku: string;
}
export interface ListStockRequest {
  /**
   * 1 to 100.
   */
  limit?: number;
  cursor?: string;
}
export interface ListMovementsRequest {
  /**
   * At most 128 characters.
   */
  sku: string;
  /**
   * 1 to 100.
   */
  limit?: number;
  cursor?: string;
}
export interface ListHoldsRequest {
  /**
   * At most 128 characters.
   */
  sku: string;
  status?: "held";
  /**
   * 1 to 100.
   */
  limit?: number;
  cursor?: string;
}
export interface MoveStockRequest {
  /**
   * At most 128 characters.
   */
  sku: string;
  /**
   * 1 to 1,000,000,000.
   */
  quantity: number;
  from?: "available" | "unavailable";
  to?: "available" | "unavailable";
  /**
   * At most 32 characters.
   */
  fromLocation?: string;
  /**
   * At most 32 characters.
   */
  toLocation?: string;
  /**
   * Printable characters, without U+FFFD. At most 128 characters.
   */
  reason: string;
}
export interface AdjustStockRequest {
  /**
   * At most 128 characters.
   */
  sku: string;
  /**
   * -1,000,000,000 to 1,000,000,000.
   */
  delta: number;
  /**
   * Printable characters, without U+FFFD. At most 128 characters.
   */
  reason: string;
  /**
   * Printable characters, without U+FFFD. At most 128 characters.
   */
  reference?: string;
}
export interface SetStockAtLocationRequest {
  /**
   * At most 128 characters.
   */
  sku: string;
  /**
   * At most 32 characters.
   */
  location: string;
  /**
   * 0 to 1,000,000,000.
   */
  onHand: number;
  expectedVersion?: number;
  /**
   * 0 to 1,000,000,000.
   */
  lowStockThreshold?: number;
  /**
   * 0 to 1,000,000,000.
   */
  safetyStock?: number;
  /**
   * 0 to 1,000,000,000.
   */
  backorderLimit?: number;
  availableFrom?: string;
  /**
   * 1 to 128.
   */
  shards?: number;
  allowShortfall?: boolean;
}
export interface GetStockAtLocationRequest {
  /**
   * At most 128 characters.
   */
  sku: string;
  /**
   * At most 32 characters.
   */
  location: string;
}
export interface AdjustStockAtLocationRequest {
  /**
   * At most 128 characters.
   */
  sku: string;
  /**
   * At most 32 characters.
   */
  location: string;
  /**
   * -1,000,000,000 to 1,000,000,000.
   */
  delta: number;
  /**
   * Printable characters, without U+FFFD. At most 128 characters.
   */
  reason: string;
  /**
   * Printable characters, without U+FFFD. At most 128 characters.
   */
  reference?: string;
}
export interface MoveStockAtLocationRequest {
  /**
   * At most 128 characters.
   */
  sku: string;
  /**
   * At most 32 characters.
   */
  location: string;
  /**
   * 1 to 1,000,000,000.
   */
  quantity: number;
  from: "available" | "unavailable";
  to: "available" | "unavailable";
  /**
   * Printable characters, without U+FFFD. At most 128 characters.
   */
  reason: string;
}
export interface ListMovementsAtLocationRequest {
  /**
   * At most 128 characters.
   */
  sku: string;
  /**
   * At most 32 characters.
   */
  location: string;
  /**
   * 1 to 100.
   */
  limit?: number;
  cursor?: string;
}
export interface ListHoldsAtLocationRequest {
  /**
   * At most 128 characters.
   */
  sku: string;
  /**
   * At most 32 characters.
   */
  location: string;
  status?: "held";
  /**
   * 1 to 100.
   */
  limit?: number;
  cursor?: string;
}
export interface SetCountsRequest {
  /**
   * 1 to 100 entries.
   */
  counts: Count[];
}
export interface Count {
  /**
   * At most 128 characters.
   */
  sku: string;
  /**
   * At most 32 characters.
   */
  location?: string;
  /**
   * 0 to 1,000,000,000.
   */
  onHand: number;
  expectedVersion?: number;
}
export interface CheckAvailabilityRequest {
  /**
   * 1 to 100 entries.
   *
   * Items: At most 128 characters.
   */
  skus: string[];
  /**
   * At most 32 characters.
   */
  channel?: string;
  /**
   * At most 32 characters.
   */
  location?: string;
}
export interface SetChannelRequest {
  /**
   * At most 32 characters.
   */
  channel: string;
  /**
   * 1 to 20 entries.
   *
   * Items: At most 32 characters.
   */
  locations: string[];
  rule: "fewest-splits" | "most-stock" | "priority";
  /**
   * 1 to 20.
   */
  maxSplits?: number;
}
export interface GetChannelRequest {
  /**
   * At most 32 characters.
   */
  channel: string;
}
export interface DeleteChannelRequest {
  /**
   * At most 32 characters.
   */
  channel: string;
}
export interface ListChannelsRequest {}
export interface ReserveRequest {
  /**
   * 1 to 500 entries.
   */
  lines: Line[];
  /**
   * Printable characters, without U+FFFD. At most 128 characters.
   */
  orderId?: string;
  /**
   * 1 to 86,400.
   */
  ttlSeconds?: number;
  /**
   * At most 32 characters.
   */
  channel?: string;
  allowPartial?: boolean;
  /**
   * At most 2,048 bytes of UTF-8, names and values together. At most 20 members.
   */
  metadata?: {
    [k: string]: string;
  };
}
export interface Line {
  /**
   * At most 128 characters.
   */
  sku: string;
  /**
   * At most 32 characters.
   */
  location?: string;
  /**
   * 1 to 1,000,000,000.
   */
  quantity: number;
}
export interface ListReservationsRequest {
  /**
   * Printable characters, without U+FFFD. At most 128 characters.
   */
  orderId: string;
  /**
   * 1 to 100.
   */
  limit?: number;
  cursor?: string;
}
export interface GetReservationRequest {
  reservationId: string;
}
export interface ChangeReservationRequest {
  reservationId: string;
  /**
   * 1 to 500 entries.
   */
  lines: Line[];
}
export interface MoveReservationRequest {
  reservationId: string;
  /**
   * 1 to 500 entries.
   */
  lines: Line[];
  /**
   * At most 32 characters.
   */
  toLocation?: string;
}
export interface ConfirmReservationRequest {
  reservationId: string;
  /**
   * 1 to 500 entries.
   */
  lines?: Line[];
  fulfill?: boolean;
  reacquire?: boolean;
}
export interface FulfillReservationRequest {
  reservationId: string;
  /**
   * 1 to 500 entries.
   */
  lines?: Line[];
}
export interface CancelReservationRequest {
  reservationId: string;
  /**
   * 1 to 500 entries.
   */
  lines?: Line[];
}
export interface ReturnReservationRequest {
  reservationId: string;
  /**
   * 1 to 500 entries.
   */
  lines: Line[];
  /**
   * Printable characters, without U+FFFD. At most 128 characters.
   */
  reason: string;
}
export interface ReleaseReservationRequest {
  reservationId: string;
}
export interface ExtendReservationRequest {
  reservationId: string;
  /**
   * 1 to 86,400.
   */
  ttlSeconds: number;
}
export interface HealthRequest {}
export interface OpenApiRequest {}
export interface AsyncApiRequest {}
export interface Answers {
  setStock: Stock;
  getStock: Stock;
  listStock: StockPage;
  listMovements: MovementPage;
  listHolds: SkuHoldPage;
  moveStock: Stock;
  adjustStock: Stock;
  setStockAtLocation: Stock;
  getStockAtLocation: Stock;
  adjustStockAtLocation: Stock;
  moveStockAtLocation: Stock;
  listMovementsAtLocation: MovementPage;
  listHoldsAtLocation: SkuHoldPage;
  setCounts: CountResults;
  checkAvailability: Availability;
  setChannel: Channel;
  getChannel: Channel;
  deleteChannel: unknown;
  listChannels: ChannelList;
  reserve: Reservation;
  listReservations: ReservationPage;
  getReservation: Reservation;
  changeReservation: Reservation;
  moveReservation: Reservation;
  confirmReservation: Reservation;
  fulfillReservation: Reservation;
  cancelReservation: Reservation;
  returnReservation: Reservation;
  releaseReservation: Reservation;
  extendReservation: Reservation;
  health: Health;
  openApi: {
    [k: string]: unknown;
  };
  asyncApi: {
    [k: string]: unknown;
  };
}
export interface Stock {
  sku: string;
  location?: string;
  onHand: number;
  available: number;
  reserved: number;
  unavailable?: number;
  safetyStock?: number;
  backorderLimit?: number;
  backordered?: number;
  /**
   * ISO 8601, UTC.
   */
  availableFrom?: string;
  version: number;
  /**
   * ISO 8601, UTC.
   */
  updatedAt: string;
  lowStockThreshold?: number;
  /**
   * 1 to 128.
   */
  shards?: number;
  locations?: StockLevel[];
  [k: string]: unknown;
}
export interface StockLevel {
  location?: string;
  onHand: number;
  available: number;
  reserved: number;
  unavailable?: number;
  safetyStock?: number;
  backorderLimit?: number;
  backordered?: number;
  /**
   * ISO 8601, UTC.
   */
  availableFrom?: string;
  version: number;
  /**
   * ISO 8601, UTC.
   */
  updatedAt: string;
  lowStockThreshold?: number;
  /**
   * 1 to 128.
   */
  shards?: number;
  [k: string]: unknown;
}
export interface StockPage {
  items: Stock[];
  cursor?: string;
  [k: string]: unknown;
}
export interface MovementPage {
  items: Movement[];
  cursor?: string;
  [k: string]: unknown;
}
export interface Movement {
  sku: string;
  location?: string;
  version: number;
  kind:
    | "adjustment"
    | "cancellation"
    | "count"
    | "edit"
    | "expiry"
    | "fulfilment"
    | "hold"
    | "opening"
    | "release"
    | "repair"
    | "return"
    | "rollback"
    | "transfer";
  onHandDelta: number;
  availableDelta: number;
  reservedDelta: number;
  /**
   * ISO 8601, UTC.
   */
  at: string;
  reservationId?: string;
  reason?: string;
  reference?: string;
  actor?: string;
  [k: string]: unknown;
}
export interface SkuHoldPage {
  items: SkuHold[];
  cursor?: string;
  [k: string]: unknown;
}
export interface SkuHold {
  reservationId: string;
  status: ReservationStatus;
  lines: ReservationLine[];
  shortages?: HoldShortage[];
  orderId?: string;
  channel?: string;
  metadata?: {
    [k: string]: string;
  };
  /**
   * ISO 8601, UTC.
   */
  createdAt: string;
  /**
   * ISO 8601, UTC.
   */
  expiresAt: string;
  version: number;
  quantity: number;
  [k: string]: unknown;
}
export interface ReservationLine {
  sku: string;
  location?: string;
  quantity: number;
  backordered?: number;
  /**
   * ISO 8601, UTC.
   */
  availableFrom?: string;
  fulfilled?: number;
  cancelled?: number;
  returned?: number;
  allocations?: Allocation[];
  [k: string]: unknown;
}
export interface Allocation {
  location: string;
  quantity: number;
  backordered?: number;
  /**
   * ISO 8601, UTC.
   */
  availableFrom?: string;
  fulfilled?: number;
  cancelled?: number;
  returned?: number;
  [k: string]: unknown;
}
export interface HoldShortage {
  sku: string;
  location?: string;
  requested: number;
  available: number;
  [k: string]: unknown;
}
export interface CountResults {
  results: (
    | {
        sku: string;
        location?: string;
        onHand: number;
        available: number;
        reserved: number;
        unavailable?: number;
        safetyStock?: number;
        backorderLimit?: number;
        backordered?: number;
        /**
         * ISO 8601, UTC.
         */
        availableFrom?: string;
        version: number;
        /**
         * ISO 8601, UTC.
         */
        updatedAt: string;
        lowStockThreshold?: number;
        /**
         * 1 to 128.
         */
        shards?: number;
        locations?: StockLevel[];
        status: number;
        [k: string]: unknown;
      }
    | {
        sku: string;
        location?: string;
        status: number;
        problem: {
          type: string;
          title: string;
          status: number;
          detail: string;
          code: ProblemCode;
          issues?: Issue[];
          moreIssues?: number;
          shortages?: Shortage[];
          skus?: string[];
          [k: string]: unknown;
        };
        [k: string]: unknown;
      }
  )[];
  [k: string]: unknown;
}
export interface Issue {
  path: string;
  message: string;
  [k: string]: unknown;
}
export interface Shortage {
  sku: string;
  location?: string;
  requested: number;
  available: number;
  /**
   * ISO 8601, UTC.
   */
  nextExpiryAt?: string;
  [k: string]: unknown;
}
export interface Availability {
  items: SkuAvailability[];
  [k: string]: unknown;
}
export interface SkuAvailability {
  sku: string;
  location?: string;
  available: number;
  backorderable?: number;
  locations?: {
    location: string;
    available: number;
    [k: string]: unknown;
  }[];
  [k: string]: unknown;
}
export interface Channel {
  channel: string;
  locations: string[];
  rule: "fewest-splits" | "most-stock" | "priority";
  maxSplits?: number;
  /**
   * ISO 8601, UTC.
   */
  updatedAt: string;
  [k: string]: unknown;
}
export interface ChannelList {
  items: Channel[];
  [k: string]: unknown;
}
export interface Reservation {
  reservationId: string;
  status: ReservationStatus;
  lines: ReservationLine[];
  shortages?: HoldShortage[];
  orderId?: string;
  channel?: string;
  metadata?: {
    [k: string]: string;
  };
  /**
   * ISO 8601, UTC.
   */
  createdAt: string;
  /**
   * ISO 8601, UTC.
   */
  expiresAt: string;
  version: number;
  [k: string]: unknown;
}
export interface ReservationPage {
  items: Reservation[];
  cursor?: string;
  [k: string]: unknown;
}
export interface Health {
  status: "ok";
  version: string;
  [k: string]: unknown;
}
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: ProblemCode;
  requestId: string;
  issues?: Issue[];
  moreIssues?: number;
  shortages?: Shortage[];
  skus?: string[];
  [k: string]: unknown;
}
