import type { ComponentProps } from 'react';

/** A button that keeps the focus while it does nothing: one that is `disabled` loses it, and who goes by keys begins anew. */
export function SteadyButton({
  isOff,
  onPress,
  ...rest
}: Omit<ComponentProps<'button'>, 'onClick'> & { isOff: boolean; onPress: () => void }) {
  return (
    <button
      type="button"
      {...rest}
      aria-disabled={isOff}
      onClick={() => {
        if (!isOff) onPress();
      }}
    />
  );
}
