using System.Runtime.CompilerServices;
using NetVips;

namespace DctNet.Core.Imaging;

/// <summary>
/// Hardens libvips once for the process. Every way into the room calls <see cref="Ensure"/> first, and the static constructor cannot
/// run twice or be skipped.
/// </summary>
internal static class VipsRuntime
{
    /// <summary>The only loader classes that may run; libvips has about thirty more (SVG, PDF, FITS, CSV, UltraHDR ...).</summary>
    private static readonly string[] s_loaders =
    [
        "VipsForeignLoadJpeg",
        "VipsForeignLoadPng",
        "VipsForeignLoadWebp",
        "VipsForeignLoadHeif",
        "VipsForeignLoadNsgif",
        "VipsForeignLoadTiff",
    ];

    static VipsRuntime()
    {
        if (!ModuleInitializer.VipsInitialized)
        {
            throw new InvalidOperationException(
                "libvips cannot be loaded; the NetVips.Native package for this platform is missing.", ModuleInitializer.Exception);
        }

        NetVips.NetVips.BlockUntrusted = true;
        Operation.Block("VipsForeignLoad", true);
        foreach (var loader in s_loaders)
        {
            Operation.Block(loader, false);
        }

        // Cached operations would keep pictures of earlier requests, and the pinned pool memory under them, alive.
        Cache.Max = 0;
        Cache.MaxMem = 0;
        Cache.MaxFiles = 0;

        // Requests run side by side; threads within one picture would only fight over the same cores.
        NetVips.NetVips.Concurrency = 1;
        NetVips.NetVips.Leak = false;

        // Decoders and the object system complain on stderr by themselves; here every failure is a value, and the text can quote the
        // picture. Only libvips uses GLib in this process.
        foreach (var domain in (string[])["VIPS", "GLib-GObject"])
        {
            Log.SetLogHandler(domain, Enums.LogLevelFlags.All, static (_, _, _) => { });
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Ensure()
    {
    }
}
