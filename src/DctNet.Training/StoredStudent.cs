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
    /// <exception cref="KeyNotFoundException">It was not exported by this version.</exception>
    public static StoredStudent Read(string path)
    {
        var file = OnnxFile.Read(File.ReadAllBytes(path));
        ByteRows.Expand(file);
        var facts = StudentFacts.Parse(file.Metadata);
        var table = MemoryMarshal.Cast<byte, Half>(file.Initialisers["styles.table.half"].Data).ToArray();
        var parameters = StyleTable.Parts(Array.ConvertAll(table, value => (float)value), facts.Styles.Count);
        foreach (var layer in ConditionalUNet.Layers)
        {
            var name = $"{layer.Name}.weight";
            var values = MemoryMarshal.Cast<byte, float>(file.Initialisers[name].Data).ToArray();
            parameters.Add(name, layer.Input == ConditionalUNet.BlockChannels ? OnnxExporter.FromSpaceToDepthOrder(values, layer) : values);
        }

        foreach (var contrast in facts.Contrasts)
        {
            TakeBack(contrast, facts.Styles.ToList().IndexOf(contrast.Style), parameters);
        }

        return new StoredStudent(facts, parameters);
    }

    /// <summary>
    /// The parameters of a network of the same styles, flat, in the order of <see cref="ConditionalUNet.Parameters"/>. A family that is not in the
    /// file begins with the kernels of the one that its first style was in.
    /// </summary>
    /// <returns>Weights and their average, the same: see <see cref="Adam.Restore"/>.</returns>
    public IReadOnlyList<float[]> Vectors(ConditionalUNet network, IReadOnlyList<int> families)
    {
        int[] origins = [.. Enumerable.Range(0, network.Families).Select(family => Facts.Families[families.ToList().IndexOf(family)])];
        var shared = ConditionalUNet.Layers.Where(layer => !layer.Styled).ToDictionary(layer => $"{layer.Name}.weight", layer => (int)layer.Weights);
        float[] vector = [.. network.ParameterNames.SelectMany(name => shared.TryGetValue(name, out var length)
            ? origins.SelectMany(origin => _parameters[name].AsSpan(origin * length, length).ToArray())
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
