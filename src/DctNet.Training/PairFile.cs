using System.Globalization;
using System.Text;
using DctNet.Evaluation;

namespace DctNet.Training;

/// <summary>
/// One cached teacher pair on disk: a photo and the teacher's picture in every style, 8-bit RGB <c>[Height, Width, 3]</c> each.
/// </summary>
/// <remarks>
/// Layout: a header of <see cref="HeaderBytes"/> bytes (magic, width, height, number of faces or −1 when nobody looked, the four
/// landmarks of the first face as x, y pairs, the number of styles, their names), then the photo, then one plane per style.
/// Nothing is compressed, so that a crop is read with one seek a row from the page cache.
/// </remarks>
internal sealed class PairFile
{
    public const int HeaderBytes = 512;
    public const int LandmarkValues = 8;
    private const uint Magic = 0x31504344; // "DCP1"

    private PairFile(string path, int width, int height, int faces, float[] landmarks, string[] styles)
        => (Path, Width, Height, Faces, Landmarks, Styles) = (path, width, height, faces, landmarks, styles);

    public string Path { get; }

    public int Width { get; }

    public int Height { get; }

    /// <summary>Faces the detector saw; −1 when it was not asked.</summary>
    public int Faces { get; }

    /// <summary>The eye on the left of the picture, the other, nose, mouth centre: x and y in pixels; zeros without a face.</summary>
    public float[] Landmarks { get; }

    public string[] Styles { get; }

    public int PlaneBytes => Width * Height * 3;

    /// <summary>Where a pair's corrected targets are kept.</summary>
    public static string FairPath(string pairPath)
        => System.IO.Path.ChangeExtension(pairPath, string.Create(CultureInfo.InvariantCulture, $".fair{FairTarget.Version}"));

    /// <summary>Writes beside the final name and renames, so that a reader never sees half a pair.</summary>
    public static void Write(
        string path, int width, int height, int faces, ReadOnlySpan<float> landmarks, IReadOnlyList<string> styles, IReadOnlyList<byte[]> planes)
    {
        using var header = new MemoryStream(HeaderBytes);
        using (var writer = new BinaryWriter(header, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(Magic);
            writer.Write(width);
            writer.Write(height);
            writer.Write(faces);
            for (var i = 0; i < LandmarkValues; i++)
            {
                writer.Write(i < landmarks.Length ? landmarks[i] : 0f);
            }

            writer.Write(styles.Count);
            foreach (var style in styles)
            {
                writer.Write(style);
            }
        }

        if (header.Length > HeaderBytes)
        {
            throw new InvalidOperationException($"The style names need {header.Length} header bytes; {HeaderBytes} are there.");
        }

        header.SetLength(HeaderBytes);
        var partial = path + ".partial";
        using (var file = File.Create(partial))
        {
            header.WriteTo(file);
            foreach (var plane in planes)
            {
                file.Write(plane);
            }
        }

        File.Move(partial, path, overwrite: true);
    }

    public static PairFile Open(string path)
    {
        using var reader = new BinaryReader(File.OpenRead(path), Encoding.UTF8);
        if (reader.ReadUInt32() != Magic)
        {
            throw new InvalidDataException($"{path} is no teacher pair.");
        }

        var (width, height, faces) = (reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32());
        var landmarks = new float[LandmarkValues];
        for (var i = 0; i < landmarks.Length; i++)
        {
            landmarks[i] = reader.ReadSingle();
        }

        var styles = new string[reader.ReadInt32()];
        for (var i = 0; i < styles.Length; i++)
        {
            styles[i] = reader.ReadString();
        }

        return new PairFile(path, width, height, faces, landmarks, styles);
    }

    /// <summary>Reads the photo and one style's plane whole.</summary>
    public (byte[] Photo, byte[] Target) Read(int style)
    {
        using var handle = File.OpenHandle(Path);
        var photo = new byte[PlaneBytes];
        var target = new byte[PlaneBytes];
        RandomAccess.Read(handle, photo, HeaderBytes);
        RandomAccess.Read(handle, target, HeaderBytes + ((long)PlaneBytes * (1 + style)));
        return (photo, target);
    }
}
