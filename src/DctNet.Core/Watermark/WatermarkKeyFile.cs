using System.Text;

namespace DctNet.Core.Watermark;

/// <summary>Key rings on disk.</summary>
public static class WatermarkKeyFile
{
    private const string DevelopmentName = "watermark.key";

    /// <summary>A key file is a few lines; anything larger is another file.</summary>
    private const int MaxBytes = 64 << 10;

    /// <summary>Where the development key of a data directory lies.</summary>
    public static string DevelopmentPath(DataDirectory home)
    {
        ArgumentNullException.ThrowIfNull(home);
        return Path.Combine(home.Keys, DevelopmentName);
    }

    /// <summary>Reads a key file. The failure names the path and never its content.</summary>
    public static Outcome<WatermarkKeyRing> Read(string path)
    {
        try
        {
            if (new FileInfo(path).Length > MaxBytes)
            {
                return new Failure(FailureCode.InvalidOption, $"{path} is no key file: it has more than {MaxBytes} bytes.");
            }

            return WatermarkKeyRing.Parse(File.ReadAllText(path)).TryGet(out var ring, out var failure)
                ? ring
                : new Failure(failure.Code, $"{path}: {failure.Message}");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return new Failure(FailureCode.InvalidOption, $"The watermark key file {path} cannot be read: {exception.Message}");
        }
    }

    /// <summary>The development key of a data directory, made on first use.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static Outcome<WatermarkKeyRing> ReadOrCreateDevelopment(DataDirectory home)
    {
        var path = DevelopmentPath(home);
        if (!File.Exists(path))
        {
            Create(path, new WatermarkKeyRing(WatermarkKey.NewRandom()).ExportText());
        }

        return Read(path);
    }

    /// <summary>Server and command line may start for the first time together: the file appears whole, and the first one wins.</summary>
    private static void Create(string path, string text)
    {
        var draft = $"{path}.{Guid.NewGuid():n}";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        try
        {
            using (var stream = new FileStream(draft, options))
            {
                stream.Write(Encoding.UTF8.GetBytes(text));
                stream.Flush(flushToDisk: true);
            }

            File.Move(draft, path, overwrite: false);
        }
        catch (IOException) when (File.Exists(path))
        {
            File.Delete(draft);
        }
    }
}
