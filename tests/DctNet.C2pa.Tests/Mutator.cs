using System.Buffers.Binary;

namespace DctNet.C2pa.Tests;

/// <summary>Changes files the way a fuzzer does; the same seed gives the same change. Other test projects compile it too.</summary>
internal static class Mutator
{
    /// <summary>How many changed files a parser must bear: in full with CI=true or DCTNET_SLOW=1.</summary>
    public static int Count { get; } =
        Environment.GetEnvironmentVariable("CI") == "true" || Environment.GetEnvironmentVariable("DCTNET_SLOW") == "1" ? 10_000 : 600;

    private static readonly uint[] s_numbers = [0, 1, 7, 8, 0x7F, 0xFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0xFFFF];

    /// <summary>A changed copy; nine of ten changes fall into <paramref name="interesting"/>.</summary>
    public static byte[] Mutate(byte[] file, Range interesting, int seed)
    {
        var (first, count) = interesting.GetOffsetAndLength(file.Length);
        var random = new Random(seed);
        var bytes = file.ToList();
        for (var changes = random.Next(1, 5); changes > 0 && bytes.Count > 16; changes--)
        {
            var (start, end) = random.Next(10) == 0 ? (0, bytes.Count) : (first, Math.Min(first + count, bytes.Count));
            var at = Math.Min(random.Next(start, Math.Max(start + 1, end)), bytes.Count - 1);
            var length = Math.Min(random.Next(1, 64), bytes.Count - at);
            switch (random.Next(8))
            {
                case 0 or 1:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 3:
                    bytes.RemoveRange(at, length);
                    break;
                case 4:
                    bytes.InsertRange(at, bytes.GetRange(at, length));
                    break;
                case 5:
                    var number = new byte[4];
                    BinaryPrimitives.WriteUInt32BigEndian(number, s_numbers[random.Next(s_numbers.Length)]);
                    for (var i = 0; i < Math.Min(4, bytes.Count - at); i++)
                    {
                        bytes[at + i] = number[i];
                    }

                    break;
                case 6:
                    var from = random.Next(bytes.Count - length);
                    var copied = bytes.GetRange(from, length);
                    for (var i = 0; i < length; i++)
                    {
                        bytes[at + i] = copied[i];
                    }

                    break;
                default:
                    if (random.Next(4) == 0)
                    {
                        bytes.RemoveRange(at, bytes.Count - at);
                    }

                    break;
            }
        }

        return [.. bytes];
    }
}
