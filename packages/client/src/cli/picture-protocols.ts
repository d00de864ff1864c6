// Pictures in the terminal itself, by the two protocols that take a file as it is. Sixel would need the picture's pixels, and so a
// decoder, which this package does not have.
// https://sw.kovidgoyal.net/kitty/graphics-protocol/ and https://iterm2.com/documentation-images.html

type Environment = Readonly<Record<string, string | undefined>>;

export interface PictureProtocol {
  /** The format to ask the server for; kitty takes PNG alone. */
  format: 'png' | 'jpeg';
  /** Returns the text that draws the picture. */
  encode(picture: Uint8Array): string;
}

/** Characters that kitty takes in one piece. */
const pieceCharacters = 4_096;

export const kitty: PictureProtocol = {
  format: 'png',
  encode(picture) {
    const text = Buffer.from(picture).toString('base64');
    let drawn = '';
    for (let at = 0; at < text.length; at += pieceCharacters) {
      const more = at + pieceCharacters < text.length ? 1 : 0;
      // `q=2`: no answer, which would arrive as though it had been typed.
      const control = at === 0 ? `a=T,f=100,q=2,m=${more}` : `m=${more}`;
      drawn += `\u001B_G${control};${text.slice(at, at + pieceCharacters)}\u001B\\`;
    }
    return `${drawn}\n`;
  },
};

export const iterm2: PictureProtocol = {
  format: 'jpeg',
  encode(picture) {
    const text = Buffer.from(picture).toString('base64');
    return `\u001B]1337;File=inline=1;size=${picture.length};preserveAspectRatio=1:${text}\u0007\n`;
  },
};

/** Chooses by the variables of terminals; `null` inside tmux and screen, which would show the bytes as text. */
export function pictureProtocol(environment: Environment): PictureProtocol | null {
  const { TERM: term = '', TERM_PROGRAM: program = '', LC_TERMINAL: behindSsh = '' } = environment;
  if (environment['TMUX'] !== undefined || /^(screen|tmux)/.test(term)) return null;
  if (/kitty|ghostty/.test(term) || environment['KITTY_WINDOW_ID'] !== undefined || program === 'ghostty')
    return kitty;
  if (['iTerm.app', 'WezTerm', 'mintty'].includes(program) || behindSsh === 'iTerm2') return iterm2;
  return null;
}
