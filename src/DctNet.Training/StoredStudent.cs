using System.Runtime.InteropServices;
using DctNet.ModelTools;

namespace DctNet.Training;

/// <summary>The parameters of an exported network, to train on from: what <see cref="OnnxExporter"/> wrote, read back, without the contrasts.</summary>
internal sealed class StoredStudent
{
    private readonly Dictionary<string, float[]> _parameters;

    private StoredStudent(StudentFacts facts, Dictionary<string, float[]> parameters) => (Facts, _parameters) = (facts, parameters);

    public StudentFacts Facts { get; }

    /// <exception cref="ModelFormatException">The file is no ONNX file that is read here.</exception>
    /// <exception cref="InvalidDataException">It was not exported by this version.</exception>
    public static StoredStudent Read(string path)
    {
        var file = OnnxFile.Read(File.ReadAllBytes(path));
        if (!file.Initialisers.TryGetValue("styles.table.half", out var stored) || !StudentFacts.TryParse(file.Metadata, out var facts))
        {
            throw new InvalidDataException($"{path} was not exported by this version.");
        }

        var table = MemoryMarshal.Cast<byte, Half>(stored.Data).ToArray();
        var parameters = StyleTable.Parts(Array.ConvertAll(table, value => (float)value), facts.Styles.Count);
        foreach (var layer in ConditionalUNet.Layers)
        {
            var name = $"{layer.Name}.weight";
            var values = ByteRows.Read(file, name);
            parameters.Add(name, layer.Input == ConditionalUNet.BlockChannels ? OnnxExporter.FromSpaceToDepthOrder(values, layer) : values);
        }

        foreach (var contrast in facts.Contrasts)
        {
            TakeBack(contrast, facts.Styles.ToList().IndexOf(contrast.Style), parameters);
        }

        return new StoredStudent(facts, parameters);
    }

    /// <summary>
    /// The parameters of a network of the same styles, flat, in the order of <see cref="ConditionalUNet.Parameters"/>. Families may have been parted
    /// since; each begins with the kernels that its styles had.
    /// </summary>
    /// <returns>Weights and their average, the same: see <see cref="Soap.Restore"/>.</returns>
    /// <exception cref="ArgumentException">A family has styles of several in the file.</exception>
    public IReadOnlyList<float[]> Vectors(ConditionalUNet network, IReadOnlyList<int> families)
    {
        int[][] origins = [.. Enumerable.Range(0, network.Families)
            .Select(family => Facts.Families.Where((_, style) => families[style] == family).Distinct().ToArray())];
        if (Array.Exists(origins, origin => origin.Length > 1))
        {
            throw new ArgumentException("Styles that have kernels apart from each other cannot be one family again.");
        }

        var shared = ConditionalUNet.Layers.Where(layer => !layer.Styled).ToDictionary(layer => $"{layer.Name}.weight", layer => (int)layer.Weights);
        float[] vector = [.. network.ParameterNames.SelectMany(name => shared.TryGetValue(name, out var length)
            ? origins.SelectMany(origin => _parameters[name].AsSpan(origin[0] * length, length).ToArray())
            : _parameters[name])];
        return [vector, vector];
    }

    // The reverse of ConditionalUNet.Stretch.
    private static void TakeBack(StyleContrast contrast, int style, Dictionary<string, float[]> parameters)
    {
        for (var i = 0; i < 9; i += 4)
        {
            parameters["colour.weight"][(style * 9) + i] -= contrast.Gain;
        }

        for (var i = 0; i < ConditionalUNet.BlockChannels; i++)
        {
            parameters["head.bias"][(style * ConditionalUNet.BlockChannels) + i] += contrast.Gain * contrast.Pivot;
        }
    }
}
