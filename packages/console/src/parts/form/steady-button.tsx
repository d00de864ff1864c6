import type { ComponentProps } from 'react';

/** Button that keeps the focus while it is off. One that is `disabled` loses it, and with it a user of the keyboard their place on the page. */
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
