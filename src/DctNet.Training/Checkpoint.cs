using System.Runtime.InteropServices;
using System.Text;

namespace DctNet.Training;

/// <summary>What a run needs to go on: the styles and their families, step, best score, the optimiser's state.</summary>
/// <remarks>The random numbers of step n depend on n alone, so the step is the generator's whole state.</remarks>
internal sealed class Checkpoint
{
    private const uint Magic = 0x344b4344; // "DCK4"
    private const int VectorCount = 5;

    public required IReadOnlyList<string> Styles { get; init; }

    /// <summary>For each style the number of its family; see <see cref="ConditionalUNet"/>.</summary>
    public required IReadOnlyList<int> Families { get; init; }

    /// <summary>The step at which the run began: its learning rate counts from there.</summary>
    public long Begun { get; init; }

    public long Step { get; init; }

    /// <summary>Best mean validation SSIM so far.</summary>
    public double Best { get; init; }

    /// <summary>See <see cref="Soap.Seen"/>.</summary>
    public required IReadOnlyList<int> Seen { get; init; }

    /// <summary>See <see cref="Soap.Vectors"/>: flat, in the order of <see cref="ConditionalUNet.Parameters"/>.</summary>
    public required IReadOnlyList<float[]> Vectors { get; init; }

    /// <summary>The averaged weights: what is exported.</summary>
    public float[] Average => Vectors[1];

    /// <summary>Writes beside the final name, flushes to the disk and renames.</summary>
    public void Save(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var partial = path + ".partial";
        using (var file = File.Create(partial))
        using (var writer = new BinaryWriter(file, Encoding.UTF8))
        {
            writer.Write(Magic);
            writer.Write(Styles.Count);
            for (var i = 0; i < Styles.Count; i++)
            {
                writer.Write(Styles[i]);
                writer.Write(Families[i]);
            }

            writer.Write(Begun);
            writer.Write(Step);
            writer.Write(Best);
            writer.Write(Seen.Count);
            foreach (var count in Seen)
            {
                writer.Write(count);
            }

            foreach (var vector in Vectors)
            {
                writer.Write(vector.Length);
                writer.Write(MemoryMarshal.AsBytes<float>(vector));
            }

            writer.Flush();
            file.Flush(flushToDisk: true);
        }

        File.Move(partial, path, overwrite: true);
    }

    /// <exception cref="InvalidDataException">The file is no checkpoint of this version.</exception>
    public static Checkpoint Load(string path)
    {
        using var reader = new BinaryReader(File.OpenRead(path), Encoding.UTF8);
        if (reader.ReadUInt32() != Magic)
        {
            throw new InvalidDataException($"{path} is no checkpoint of this version.");
        }

        var count = reader.ReadInt32();
        var (styles, families) = (new string[count], new int[count]);
        for (var i = 0; i < count; i++)
        {
            (styles[i], families[i]) = (reader.ReadString(), reader.ReadInt32());
        }

        var (begun, step, best) = (reader.ReadInt64(), reader.ReadInt64(), reader.ReadDouble());
        var seen = new int[reader.ReadInt32()];
        for (var i = 0; i < seen.Length; i++)
        {
            seen[i] = reader.ReadInt32();
        }

        var vectors = new float[VectorCount][];
        for (var i = 0; i < VectorCount; i++)
        {
            vectors[i] = new float[reader.ReadInt32()];
            reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(vectors[i].AsSpan()));
        }

        return new Checkpoint { Styles = styles, Families = families, Begun = begun, Step = step, Best = best, Seen = seen, Vectors = vectors };
    }
}
