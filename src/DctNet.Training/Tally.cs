using System.Globalization;
using static TorchSharp.torch;

namespace DctNet.Training;

/// <summary>Means of named figures, for the log.</summary>
internal sealed class Tally
{
    private readonly OrderedDictionary<string, (double Sum, int Count)> _figures = [];

    public void Add(string name, Tensor value)
    {
        var (sum, count) = _figures.GetValueOrDefault(name);
        _figures[name] = (sum + value.item<float>(), count + 1);
    }

    /// <summary>The means since the last call.</summary>
    public string Take()
    {
        var line = string.Join(' ', _figures.Select(figure => string.Create(CultureInfo.InvariantCulture, $"{figure.Key} {figure.Value.Sum / figure.Value.Count:F4}")));
        _figures.Clear();
        return line;
    }
}
