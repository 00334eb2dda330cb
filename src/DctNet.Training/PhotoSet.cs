using System.Security.Cryptography;
using System.Text;

namespace DctNet.Training;

/// <summary>The photos of some folders in an order that depends on their names only, so that a cache cut short is a fair sample.</summary>
internal static class PhotoSet
{
    /// <param name="Id">Folder and file name, unique in the set: <c>portraits-cc0_001</c>.</param>
    /// <param name="Path">Where the picture lies.</param>
    internal sealed record Entry(string Id, string Path);

    public static IReadOnlyList<Entry> List(IEnumerable<string> folders)
        => [.. folders
            .SelectMany(Directory.GetFiles)
            .Where(IsPicture)
            .Select(path => new Entry($"{Path.GetFileName(Path.GetDirectoryName(Path.GetFullPath(path)))}_{Path.GetFileNameWithoutExtension(path)}", path))
            .OrderBy(entry => Convert.ToHexString(Hash(entry.Id)), StringComparer.Ordinal)];

    /// <summary>The folder's part of an id.</summary>
    public static string Folder(string id) => id[..Math.Max(0, id.IndexOf('_', StringComparison.Ordinal))];

    /// <summary>A number that depends on the id alone.</summary>
    public static int Seed(string id) => BitConverter.ToInt32(Hash(id));

    private static byte[] Hash(string id) => SHA256.HashData(Encoding.UTF8.GetBytes(id));

    private static bool IsPicture(string path)
        => Path.GetExtension(path).ToLowerInvariant() is ".jpg" or ".jpeg" or ".png" or ".webp" or ".avif" or ".tif" or ".tiff";
}
