using System.Runtime.InteropServices;
using System.Text;

namespace DctNet.Training;

/// <summary>What a run needs to go on: names of the styles, step, best score, the optimiser's four vectors or the average alone.</summary>
/// <remarks>The random numbers of step n depend on n alone, so the step is the generator's whole state.</remarks>
internal sealed class Checkpoint
{
    private const uint Magic = 0x324b4344; // "DCK2"
    private const int VectorCount = 4;

    public required IReadOnlyList<string> Styles { get; init; }

    public long Step { get; init; }

    /// <summary>Best mean validation SSIM so far.</summary>
    public double Best { get; init; }

    /// <summary>Weights, their average, and Adam's first and second moment, flat, in the order of <see cref="ConditionalUNet.Parameters"/>.</summary>
    public required IReadOnlyList<float[]> Vectors { get; init; }

    /// <summary>The averaged weights: what is exported.</summary>
    public float[] Average => Vectors[1];

    /// <summary>Writes beside the final name, flushes to the disk and renames.</summary>
    /// <param name="path">The file.</param>
    /// <param name="compact">
    /// The average alone, as float16, for keeping in version control. A run goes on from it as well: the moments come back within some hundred
    /// steps.
    /// </param>
    public void Save(string path, bool compact = false)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var partial = path + ".partial";
        using (var file = File.Create(partial))
        using (var writer = new BinaryWriter(file, Encoding.UTF8))
        {
            writer.Write(Magic);
            writer.Write(Styles.Count);
            foreach (var style in Styles)
            {
                writer.Write(style);
            }

            writer.Write(Step);
            writer.Write(compact ? 0 : Best); // Where it is gone on from, other photos may be held out.
            writer.Write(compact);
            writer.Write(Average.Length);
            if (compact)
            {
                writer.Write(MemoryMarshal.AsBytes<Half>(Array.ConvertAll(Average, value => (Half)value)));
            }
            else
            {
                foreach (var vector in Vectors)
                {
                    writer.Write(MemoryMarshal.AsBytes<float>(vector));
                }
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

        var styles = new string[reader.ReadInt32()];
        for (var i = 0; i < styles.Length; i++)
        {
            styles[i] = reader.ReadString();
        }

        var (step, best, compact, length) = (reader.ReadInt64(), reader.ReadDouble(), reader.ReadBoolean(), reader.ReadInt32());
        var vectors = new float[VectorCount][];
        for (var i = 0; i < VectorCount; i++)
        {
            vectors[i] = new float[length];
        }

        if (compact)
        {
            var halves = new Half[length];
            reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(halves.AsSpan()));
            vectors[0] = Array.ConvertAll(halves, value => (float)value);
            vectors[0].CopyTo(vectors[1], 0);
        }
        else
        {
            foreach (var vector in vectors)
            {
                reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(vector.AsSpan()));
            }
        }

        return new Checkpoint { Styles = styles, Step = step, Best = best, Vectors = vectors };
    }
}
