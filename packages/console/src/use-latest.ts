import { type RefObject, useLayoutEffect, useRef } from 'react';

/** What was given when the page was last drawn, for those who are called between drawings and are not to be set up anew for each. */
export function useLatest<Value>(value: Value): RefObject<Value> {
  const latest = useRef(value);
  useLayoutEffect(() => {
    latest.current = value;
  });
  return latest;
}
