using System.Security.Cryptography;
using System.Text;

namespace DctNet.Training;

/// <summary>Which photos (and so which persons) are never trained on.</summary>
internal sealed class HeldOut
{
    /// <summary>Of photos outside the list's folders, about one in this many is held out, chosen by its name.</summary>
    private const int OneIn = 20;

    private readonly HashSet<string> _listed;
    private readonly HashSet<string> _folders;

    /// <param name="path">One photo id a line: folder, underscore, file name without extension.</param>
    private HeldOut(string path)
    {
        _listed = [.. File.ReadLines(path).Where(line => line.Length > 0)];
        _folders = [.. _listed.Select(PhotoSet.Folder)];
    }

    /// <summary>The list that comes with this tool.</summary>
    public static HeldOut Load() => new(Path.Combine(AppContext.BaseDirectory, "held-out.txt"));

    public bool Contains(string id) => _folders.Contains(PhotoSet.Folder(id))
        ? _listed.Contains(id)
        : SHA256.HashData(Encoding.UTF8.GetBytes(id))[0] % OneIn == 0;
}
