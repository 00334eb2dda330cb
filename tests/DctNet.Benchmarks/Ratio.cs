using System.Globalization;

namespace DctNet.Benchmarks;

/// <summary>Time of one thing over another's: the median over pairs, and its 95 % interval.</summary>
internal readonly record struct Ratio(double Median, double Low, double High)
{
    /// <summary>The same as a ratio of throughputs, in a line of its own.</summary>
    public void PrintInverse(string what, double aim) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture, $"{what}: ratio {1 / Median:F2}, 95 % interval {1 / High:F2} to {1 / Low:F2} (aim: {aim})"));
}
