import { type RefObject, useLayoutEffect, useRef } from 'react';

/** Ref to the value of the latest render, for callbacks that must not change identity. */
export function useLatest<Value>(value: Value): RefObject<Value> {
  const latest = useRef(value);
  useLayoutEffect(() => {
    latest.current = value;
  });
  return latest;
}
