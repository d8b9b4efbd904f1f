/** Milliseconds of the epoch, in fractions, by a clock that all processes of this machine share. */
export const sharedNowMs = (): number => performance.timeOrigin + performance.now();
