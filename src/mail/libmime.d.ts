/** libmime ships no types; these are the few functions that reading uses. */
declare module 'libmime' {
  namespace libmime {
    interface Libmime {
      /** RFC 2047. */
      decodeWords(text: string): string;
      /** `value; name=value`, RFC 2231 included. */
      parseHeaderValue(text: string): {
        readonly value: string | false;
        readonly params: Readonly<Record<string, string>>;
      };
    }
  }
  const libmime: libmime.Libmime;
  export = libmime;
}

/** Charset decoding of libmime: iconv-lite, and encoding-japanese for ISO-2022-JP. */
declare module 'libmime/lib/charset.js' {
  namespace charset {
    interface Charset {
      /** Never throws; an unknown label is taken as UTF-8. */
      decode(bytes: Uint8Array, label: string): string;
    }
  }
  const charset: charset.Charset;
  export = charset;
}
