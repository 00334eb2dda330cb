using System.Security.Cryptography;
using System.Text.Json;

namespace DctNet.Core.Models;

/// <summary>Puts networks into a directory that <see cref="ModelCatalog.Load"/> reads.</summary>
public static class CatalogWriter
{
    private const string LockName = ".catalog.lock";

    /// <summary>Tenths of a second to wait for the lock.</summary>
    private const int LockPatience = 50;

    /// <summary>Whether a style may be called so: lower-case letters, digits and hyphens, at most 64.</summary>
    public static bool IsStyleName(string name) => CatalogReader.IsStyleName(name);

    /// <summary>Why a style may not be called so; null where it may.</summary>
    public static Failure? WrongName(string name) =>
        IsStyleName(name) ? null : new Failure(FailureCode.InvalidOption, $"The name \"{name}\" must be lower-case letters, digits and hyphens, at most 64.");

    /// <summary>
    /// Adds a network of one style, or replaces the one that draws the style of its name. A reader finds the old catalog or the new one, each with its files.
    /// </summary>
    /// <param name="directory">Made where it is missing, readable by its owner alone. With networks in it, it must have a catalog, and that one must be whole.</param>
    /// <param name="network">Its name is the style's: lower-case letters, digits and hyphens. Its path is not used.</param>
    /// <param name="file">The ONNX file's content.</param>
    /// <param name="description">One sentence for people.</param>
    /// <returns>The catalog as it is now; or why the directory was left as it was.</returns>
    /// <exception cref="IOException">The directory cannot be changed; its catalog is as it was.</exception>
    /// <exception cref="UnauthorizedAccessException">The directory may not be changed; its catalog is as it was.</exception>
    public static Outcome<ModelCatalog> Add(string directory, StylizerNetwork network, ReadOnlySpan<byte> file, string description)
    {
        directory = Path.GetFullPath(directory);
        if (WrongName(network.Name) is { } wrong)
        {
            return wrong;
        }

        MakeDirectory(directory);
        using var alone = Lock(directory);
        return AddAlone(directory, network, file, description);
    }

    /// <summary>Keeps other processes from changing a directory of models until it is disposed of. Waits some seconds for one that is at it.</summary>
    /// <exception cref="IOException">One is at it for longer, or the directory cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The directory may not be written.</exception>
    public static IDisposable Lock(string directory)
    {
        for (var waited = 0; ; waited++)
        {
            try
            {
                return new FileStream(Path.Combine(directory, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (waited < LockPatience)
            {
                Thread.Sleep(100);
            }
        }
    }

    private static Outcome<ModelCatalog> AddAlone(string directory, StylizerNetwork network, ReadOnlySpan<byte> file, string description)
    {
        var catalogPath = Path.Combine(directory, CatalogDocument.FileName);
        CatalogDocument? before = null;
        Failure? failure;
        if (File.Exists(catalogPath))
        {
            if (!CatalogReader.ReadDocument(directory).TryGet(out before, out failure)
                || !CatalogReader.Check(directory, before).TryGet(out _, out failure))
            {
                return failure;
            }
        }
        else if (Directory.EnumerateFiles(directory, "dctnet_*.onnx").Any())
        {
            return CatalogReader.Wrong(directory, $"there are networks but no {CatalogDocument.FileName}, which would hide them; choose another directory");
        }

        var twin = before?.Styles.FirstOrDefault(style => style.Name == network.Name);
        if (twin is not null && twin.Network != network.Name)
        {
            return CatalogReader.Wrong(catalogPath, $"style \"{network.Name}\" is there, drawn by network \"{twin.Network}\"; choose another name");
        }

        var replaced = before?.Networks.FirstOrDefault(entry => entry.Name == network.Name);
        if (replaced is not null && twin is null)
        {
            return CatalogReader.Wrong(catalogPath, $"network \"{network.Name}\" is there for something else; choose another name");
        }

        // Named by its content, so that the file of the catalog before stays until that catalog is replaced.
        var digest = Convert.ToHexStringLower(SHA256.HashData(file));
        var name = $"{network.Name}-{digest[..12]}.onnx";
        var document = With(before, Entry(network, name, digest), new StyleDocument
        {
            Name = network.Name,
            Network = network.Name,
            Description = description,
        });
        var path = Path.Combine(directory, name);
        var wasThere = File.Exists(path);
        Replace(path, file);
        if (!CatalogReader.Check(directory, document).TryGet(out var catalog, out failure))
        {
            if (!wasThere)
            {
                File.Delete(path);
            }

            return failure;
        }

        Replace(catalogPath, JsonSerializer.SerializeToUtf8Bytes(document, CatalogJsonContext.Indented.CatalogDocument));
        if (replaced is not null && !document.Networks.Any(entry => string.Equals(entry.File, replaced.File, StringComparison.OrdinalIgnoreCase)))
        {
            DeleteUnlessInUse(Path.Combine(directory, replaced.File));
        }

        return catalog;
    }

    // Windows keeps a file that a server has open; the catalog does without it already.
    private static void DeleteUnlessInUse(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
    }

    private static CatalogDocument With(CatalogDocument? before, NetworkDocument network, StyleDocument style) => new()
    {
        Networks = [.. (before?.Networks ?? []).Where(entry => entry.Name != network.Name), network],
        Styles = [.. (before?.Styles ?? []).Where(entry => entry.Name != style.Name), style],
        DefaultStyle = before?.DefaultStyle ?? style.Name,
    };

    private static NetworkDocument Entry(StylizerNetwork network, string file, string digest) => new()
    {
        Name = network.Name,
        Version = network.Version,
        File = file,
        Sha256 = digest,
        Licence = network.Licence,
        Origin = network.Origin,
        Kind = CatalogReader.StylizerKind,
        Input = new NetworkInputDocument { Image = network.ImageInput, Style = network.StyleInput },
        Output = network.Output,
        Layout = network.Layout == PictureLayout.Nhwc ? "NHWC" : "HWC",
        ChannelOrder = network.ChannelOrder == ChannelOrder.Bgr ? "BGR" : "RGB",
        Range = [0, 255],
        SizeMultiple = network.SizeMultiple,
        DigitalSourceType = network.DigitalSourceType,
        Styles = network.Styles,
    };

    private static void MakeDirectory(string directory)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(directory);
        }
        else
        {
            Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private static void Replace(string path, ReadOnlySpan<byte> content)
    {
        var part = Path.Combine(Path.GetDirectoryName(path)!, $".{Guid.NewGuid():N}.part");
        try
        {
            File.WriteAllBytes(part, content);
            File.Move(part, path, overwrite: true);
        }
        finally
        {
            File.Delete(part);
        }
    }
}
