using System.Globalization;
using System.Text;

namespace DctNet.C2pa.Verification;

/// <summary>Text that the author of a file chose, made fit for a sentence, a terminal or a log.</summary>
public static class ForeignText
{
    /// <summary>A longer text is cut, UTF-16 characters. X.520 allows names of 64.</summary>
    public const int MaxChars = 128;

    /// <summary>One line without control and format characters, which steer terminals and turn the direction of what follows.</summary>
    public static string Plain(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var plain = new StringBuilder(Math.Min(text.Length, MaxChars));
        foreach (var rune in text.EnumerateRunes())
        {
            if (plain.Length + rune.Utf16SequenceLength > MaxChars)
            {
                return plain.Append('…').ToString();
            }

            plain.Append(Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator ? " " : rune.ToString());
        }

        return plain.ToString();
    }
}
