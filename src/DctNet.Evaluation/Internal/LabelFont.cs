using DctNet.Core.Imaging;

namespace DctNet.Evaluation;

/// <summary>Letters for labels of pictures, five by seven dots: no font of the machine is asked for, so a sheet looks alike everywhere.</summary>
internal static class LabelFont
{
    public const int GlyphHeight = 7;
    private const int GlyphWidth = 5;
    private const int Advance = GlyphWidth + 1;
    private const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
    private const int LettersInARow = 13;

    private const string Art = """
        .###. ####. .###. ####. ##### ##### .###. #...# .###. ..### #...# #.... #...#
        #...# #...# #...# #...# #.... #.... #...# #...# ..#.. ...#. #..#. #.... ##.##
        #...# #...# #.... #...# #.... #.... #.... #...# ..#.. ...#. #.#.. #.... #.#.#
        ##### ####. #.... #...# ####. ####. #.### ##### ..#.. ...#. ##... #.... #.#.#
        #...# #...# #.... #...# #.... #.... #...# #...# ..#.. ...#. #.#.. #.... #...#
        #...# #...# #...# #...# #.... #.... #...# #...# ..#.. #..#. #..#. #.... #...#
        #...# ####. .###. ####. ##### #.... .#### #...# .###. .##.. #...# ##### #...#
        #...# .###. ####. .###. ####. .#### ##### #...# #...# #...# #...# #...# #####
        ##..# #...# #...# #...# #...# #.... ..#.. #...# #...# #...# #...# #...# ....#
        ##..# #...# #...# #...# #...# #.... ..#.. #...# #...# #...# .#.#. .#.#. ...#.
        #.#.# #...# ####. #...# ####. .###. ..#.. #...# #...# #.#.# ..#.. ..#.. ..#..
        #..## #...# #.... #.#.# #.#.. ....# ..#.. #...# #...# #.#.# .#.#. ..#.. .#...
        #..## #...# #.... #..#. #..#. ....# ..#.. #...# .#.#. ##.## #...# ..#.. #....
        #...# .###. #.... .##.# #...# ####. ..#.. .###. ..#.. #...# #...# ..#.. #####
        .###. ..#.. .###. .###. ...#. ##### ..##. ##### .###. .###. .....
        #...# .##.. #...# #...# ..##. #.... .#... ....# #...# #...# .....
        #..## ..#.. ....# ....# .#.#. ####. #.... ...#. #...# #...# .....
        #.#.# ..#.. ..##. ..##. #..#. ....# ####. ..#.. .###. .#### #####
        ##..# ..#.. .#... ....# ##### ....# #...# .#... #...# ....# .....
        #...# ..#.. #.... #...# ...#. #...# #...# .#... #...# ...#. .....
        .###. .###. ##### .###. ...#. .###. .###. .#... .###. .##.. .....
        """;

    private static readonly string[] s_rows = Art.Split('\n');

    /// <summary>Draws a text in black; letters that the font lacks are left blank, what does not fit is cut.</summary>
    /// <param name="text">Its letters are shown as capitals.</param>
    /// <param name="picture">RGB.</param>
    /// <param name="left">The first letter's left edge.</param>
    /// <param name="top">Its upper edge.</param>
    /// <param name="scale">Pixels to a dot.</param>
    /// <param name="width">Pixels that it may take.</param>
    public static void Draw(string text, PixelBuffer picture, int left, int top, int scale, int width)
    {
        for (var i = 0; i < text.Length && (i + 1) * Advance * scale <= width; i++)
        {
            var letter = Letters.IndexOf(char.ToUpperInvariant(text[i]), StringComparison.Ordinal);
            for (var dot = 0; letter >= 0 && dot < GlyphWidth * GlyphHeight; dot++)
            {
                var (x, y) = (dot % GlyphWidth, dot / GlyphWidth);
                var row = s_rows[(letter / LettersInARow * GlyphHeight) + y];
                var column = (letter % LettersInARow * Advance) + x;
                if (column < row.Length && row[column] == '#')
                {
                    Fill(picture, left + (((i * Advance) + x) * scale), top + (y * scale), scale);
                }
            }
        }
    }

    private static void Fill(PixelBuffer picture, int left, int top, int side)
    {
        for (var y = top; y < top + side; y++)
        {
            picture.Row(y).Slice(left * picture.Channels, side * picture.Channels).Clear();
        }
    }
}
