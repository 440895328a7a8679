import { describe, expect, it } from 'vitest';
import { htmlToText, splitHtml } from '../../../src/mail/html-to-text.js';

describe('htmlToText', () => {
  it.each<[string, string, string]>([
    ['paragraphs', '<p>one</p><p>two</p>', 'one\n\ntwo'],
    ['lines', '<div>one</div><div>two<br>three</div>', 'one\ntwo\nthree'],
    ['an empty line', '<div>one</div><div><br></div><div>two</div>', 'one\n\ntwo'],
    ['white space', '  one\n \t two <b> three</b>  four ', 'one two three four'],
    ['entities', '&lt;a&gt; &amp; &uuml;&#8364;&#x1F600;&nbsp;x &unknown;', '<a> & ü€😀 x &unknown;'],
    ['headings', '<h1>Title</h1>text', 'Title\n\ntext'],
    ['lists', '<ul><li>one<li>two<ol start=3><li>a</li><li>b</li></ol></ul>', '- one\n- two\n  3. a\n  4. b'],
    ['links', '<a href="https://example.org/x">here</a>', 'here <https://example.org/x>'],
    [
      'links that say where they go',
      '<a href="https://www.example.org/">example.org</a> <a href="mailto:a@b.c">a@b.c</a>',
      'example.org a@b.c',
    ],
    ['links to nowhere', '<a href="#top">up</a> <a href="javascript:evil()">x</a>', 'up x'],
    ['mentions', '<a class="mention" href="mailto:a@b.c">@Ada</a>', '@Ada:a@b.c'],
    ['images', '<img alt="😀" src="https://x/y.png"> <img alt="image.png" src="cid:1">', '😀'],
    ['tables', '<table><tr><td>a<td>b<tr><td>c<td>d</table>', 'a b\nc d'],
    ['quotes', 'a<blockquote>b<blockquote>c</blockquote></blockquote>d', 'a\n\n> b\n>\n> > c\n\nd'],
    ['preformatted text', '<pre>a\n  b\n\nc</pre>', 'a\n  b\n\nc'],
    ['rules', 'a<hr>b', 'a\n---\nb'],
    [
      'Outlook',
      '<p class="MsoNormal">one<o:p></o:p></p><p class="MsoNormal"><o:p>&nbsp;</o:p></p><p class=MsoNormal>two</p><p class=MsoNormal>three</p>',
      'one\n\ntwo\nthree',
    ],
    [
      'what is not for readers',
      '<head><title>t</title><style>s{}</style></head><script>x()</script><!-- c --><body>a</body>',
      'a',
    ],
    ['hidden elements', '<div style="display: none">x<div>y</div></div><span hidden>z</span>a', 'a'],
    ['a head without end', '<head><title>t</title><body>a', 'a'],
    ['a hidden paragraph without end', '<p style="display:none">x<p>a', 'a'],
    ['broken tags', 'a </b></div> <i>b <div>c', 'a\nb\nc'],
    ['no HTML at all', 'a < b', 'a < b'],
    ['nothing', '', ''],
  ])('reads %s', async (_, html, text) => {
    expect(await htmlToText(html)).toBe(text);
  });

  it('shows everything if the hidden element swallowed all', async () => {
    expect(await htmlToText('<div style="display:none"><p>all of the text')).toBe('all of the text');
  });
});

describe('splitHtml', () => {
  it('reads a Gmail reply with signature', async () => {
    const html =
      '<div dir="ltr">Sure.<div><br></div><div>Bye</div><span class="gmail_signature_prefix">-- </span><br><div class="gmail_signature">Bob<br>Inc</div></div><br>' +
      '<div class="gmail_quote"><div dir="ltr" class="gmail_attr">On Fri, Nov 20, 2026 at 1:37 PM Ada &lt;<a href="mailto:ada@example.org">ada@example.org</a>&gt; wrote:<br></div>' +
      '<blockquote class="gmail_quote"><div>How are you?</div><blockquote type="cite">Older</blockquote></blockquote></div>';
    expect(await splitHtml(html)).toEqual({
      text: 'Sure.\n\nBye',
      quote: 'How are you?\n\n> Older',
      attribution: 'On Fri, Nov 20, 2026 at 1:37 PM Ada <ada@example.org> wrote:',
      signature: 'Bob\nInc',
    });
  });

  it('reads an Outlook reply', async () => {
    const html =
      '<div class="WordSection1"><p class="MsoNormal">My answer<o:p></o:p></p><div style="border-top:solid #E1E1E1 1.0pt"><p class="MsoNormal"><b>Von:</b> Ada &lt;ada@example.org&gt;<br><b>Gesendet:</b> Freitag<br><b>An:</b> Bob<br><b>Betreff:</b> Hi</p></div><p class="MsoNormal">Original</p></div>';
    expect(await splitHtml(html)).toMatchObject({ text: 'My answer', quote: 'Original' });
  });

  it('reads a Thunderbird reply below the quote', async () => {
    const html =
      '<div class="moz-cite-prefix">Am 20.11.26 um 13:37 schrieb Ada:<br></div><blockquote type="cite" cite="mid:x"><p>Question?</p></blockquote><p>Answer.</p><div class="moz-signature">-- <br>Bob</div>';
    expect(await splitHtml(html)).toEqual({
      text: 'Answer.',
      quote: 'Question?',
      attribution: 'Am 20.11.26 um 13:37 schrieb Ada:',
      signature: 'Bob',
    });
  });

  it('keeps quotes between answers', async () => {
    const html = '<blockquote type="cite">one?</blockquote>yes<blockquote type="cite">two?</blockquote>no';
    expect(await splitHtml(html)).toEqual({ text: '> one?\n\nyes\n\n> two?\n\nno' });
  });

  it('knows the containers of Yahoo', async () => {
    const html =
      '<div>Mine</div><div class="yahoo_quoted"><div>On Friday, November 20, 2026, Ada wrote:</div><div>Theirs</div></div>';
    expect(await splitHtml(html)).toMatchObject({ text: 'Mine', quote: expect.stringContaining('Theirs') });
  });

  it('leaves a quotation that no mail program made in the text', async () => {
    expect(await splitHtml('<p>As they say:</p><blockquote>Simple is hard</blockquote>')).toEqual({
      text: 'As they say:\n\n> Simple is hard',
    });
  });
});
